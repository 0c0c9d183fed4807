/**
 * Breaks the runtime's sources in many small ways, one at a time, and looks which of them the tests find out:
 *
 *     npm run mutate -- [GROUP or FILE …] [--again] [--at-least 85] [--workers 2] [--json OUT]
 *
 * Works in a copy. Prints a score per file and group, and who survived. Exits 1 when a group's score, without those
 * listed in `equivalents.json`, is below `--at-least`. `--again` takes from the last run what has not changed since.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  type Equivalent,
  type FileScore,
  type MutationReport,
  percents,
  scores,
  staleEquivalents,
  sum,
  type Tally,
} from "./score.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = "packages/runtime/src";

/** What belongs together, by file name; whatever is in none is `rest`. */
const groups: Readonly<Record<string, RegExp>> = {
  supervision: /^(supervisor|child)|^(restarts|policy|nesting|tree-snapshot|backoff)\.ts$/,
  tasks: /^(tasks|watch)\.ts$/,
  shutdown: /^(shutdown|abort)\.ts$/,
  operation: /^(operation|store)\.ts$/,
};
/** Lists of names, test aids, and what runs on another thread or in another program than the tests. */
const unmutated = /index\.ts$|^surfaces\.ts$|^exit-status\.ts$|^testing\/|^worker\//;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    again: { type: "boolean", default: false },
    "at-least": { type: "string", default: "85" },
    workers: { type: "string", default: String(availableParallelism()) },
    json: { type: "string" },
  },
});
const atLeast = Number(values["at-least"]);
const files = chosen(positionals);
if (files.length === 0) throw new Error(`no such group or file: ${positionals.join(", ")}`);

if (!existsSync(join(here, "node_modules"))) run("npm", ["ci", "--ignore-scripts"], here);
const copy = mkdtempSync(join(tmpdir(), "holdfast-mutate-"));
try {
  const report = mutate(copy);
  const equivalents = JSON.parse(readFileSync(join(here, "equivalents.json"), "utf8")) as Equivalent[];
  const scored = scores(report, equivalents, groupOf);
  print(scored);
  for (const { file, line, to } of staleEquivalents(report, equivalents)) {
    console.log(`no longer a survivor, take it off equivalents.json: ${file}: ${line} → ${to}`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(scored, null, 2)}\n`);
  const low = byGroup(scored).filter(([, tally]) => percents(tally).ofReal < atLeast);
  for (const [group] of low) console.log(`${group}: below ${atLeast} %`);
  if (low.length > 0) process.exitCode = 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function chosen(wanted: readonly string[]): readonly string[] {
  return globSync("**/*.ts", { cwd: join(root, sources) })
    .filter((path) => !unmutated.test(path))
    .filter(
      (path) =>
        wanted.length === 0 ||
        wanted.some((one) => one === groupOf(basename(path)) || one === basename(path)),
    )
    .sort();
}

function groupOf(file: string): string {
  return Object.entries(groups).find(([, names]) => names.test(file))?.[0] ?? "rest";
}

/** Runs Stryker in a copy of the runtime, where nothing else is: no tsconfig that it would have to understand. */
function mutate(copy: string): MutationReport {
  for (const name of ["src", "test", "package.json", "README.md"]) {
    cpSync(join(root, "packages/runtime", name), join(copy, "packages/runtime", name), { recursive: true });
  }
  cpSync(join(here, "vite.config.ts"), join(copy, "vite.config.ts"));
  symlinkSync(join(here, "node_modules"), join(copy, "node_modules"));
  const options = {
    mutate: files.map((file) => `${sources}/${file}`),
    inPlace: true,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "vite.config.ts" },
    tsconfigFile: "none",
    coverageAnalysis: "perTest",
    timeoutMS: 15_000,
    incremental: true,
    incrementalFile: join(root, "dist/mutation.json"),
    force: !values.again,
    concurrency: Number(values.workers),
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: "mutation.json" },
    allowConsoleColors: false,
  };
  writeFileSync(join(copy, "stryker.json"), JSON.stringify(options));
  run(process.execPath, ["node_modules/@stryker-mutator/core/bin/stryker.js", "run", "stryker.json"], copy);
  return JSON.parse(readFileSync(join(copy, "mutation.json"), "utf8")) as MutationReport;
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${basename(command)} ${args.join(" ")} ended with ${status}`);
}

function byGroup(scored: readonly FileScore[]): readonly (readonly [string, Tally])[] {
  const grouped = Map.groupBy(scored, ({ group }) => group);
  return [...grouped].map(([group, members]) => [group, sum(members.map(({ tally }) => tally))]);
}

function print(scored: readonly FileScore[]): void {
  for (const { survivors } of scored) {
    for (const { file, at, status, line, from, to } of survivors) {
      console.log(`${file}:${at}: ${status === "NoCoverage" ? "not reached" : "survived"}`);
      console.log(`  ${line}\n  ${from}  →  ${to === "" ? "(nothing)" : to}`);
    }
  }
  const rows = byGroup(scored).flatMap(([group, tally]) => [
    row(group, tally),
    ...scored.filter((one) => one.group === group).map(({ file, tally }) => row(`  ${file}`, tally)),
  ]);
  console.table(Object.fromEntries(rows));
}

function row(name: string, tally: Tally): readonly [string, Readonly<Record<string, number>>] {
  const { killed, timedOut, survived, notReached, errors, equivalent } = tally;
  const { ofAll, ofReal } = percents(tally);
  const cells = {
    mutants: killed + timedOut + survived + notReached + errors,
    killed,
    "timed out": timedOut,
    survived,
    "not reached": notReached,
    errors,
    equivalent,
    "score %": Math.round(ofAll * 10) / 10,
    "without equivalents %": Math.round(ofReal * 10) / 10,
  };
  return [name, cells];
}
