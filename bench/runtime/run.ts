// The runtime library beside raw promises and its peers; each measurement in a process of its own, in turns.
//   node bench/runtime/run.ts [ROUNDS] [--only TEXT] [--before INDEX.TS] [--wall] [--json]
// `--only` keeps the measurements whose name has the text; `--before` measures another version of the runtime too.
// Times are those that the main thread worked, which a busy machine does not stretch; `--wall` takes those that passed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { bundleSizes } from "./bundle-sizes.ts";
import { contenders } from "./contender.ts";
import { type Figures, measures, median } from "./measures.ts";
import { targets } from "./targets.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "" },
    before: { type: "string" },
    wall: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
if (!existsSync(join(import.meta.dirname, "node_modules"))) {
  console.error("The libraries to compare with are not here: npm ci --prefix bench/runtime");
  process.exit(1);
}

const rounds = Number(positionals[0] ?? 3);
const run = promisify(execFile);
const names: readonly string[] = options.before === undefined ? contenders : ["before", ...contenders];
/** By measurement, contender and figure: one value for each round. */
const found = new Map<string, Map<string, Map<string, number[]>>>();

for (let round = 0; round < rounds; round++) {
  for (const measure of Object.keys(measures).filter((name) => name.includes(options.only))) {
    for (const contender of names) keep(measure, contender, await measured(contender, measure));
  }
}
if ("bundle".includes(options.only)) {
  for (const [contender, bytes] of Object.entries(await bundleSizes())) {
    keep("bundle", contender, { "gzip-B": bytes });
  }
}
const of = (contender: string, measure: string, figure: string): number =>
  median(found.get(measure)?.get(contender)?.get(figure) ?? []);
const judged = targets(of).filter((target) => !Number.isNaN(target.found));

if (options.json) {
  const plain = (_key: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  console.log(JSON.stringify({ rounds, found, targets: judged }, plain, 2));
} else {
  for (const [measure, byContender] of found) printTable(measure, byContender);
  console.log("\ntargets");
  for (const { what, found: value, atMost } of judged) {
    const verdict = value <= atMost ? "met   " : "MISSED";
    console.log(`  ${verdict} ${what.padEnd(68)} ${short(value).padStart(7)}  at most ${short(atMost)}`);
  }
}

async function measured(contender: string, measure: string): Promise<Figures> {
  const isBefore = contender === "before" && options.before !== undefined;
  const env = {
    ...process.env,
    BENCH_CLOCK: options.wall ? "wall" : "thread",
    ...(isBefore ? { HOLDFAST_RUNTIME: resolve(options.before ?? "") } : {}),
  };
  const program = join(import.meta.dirname, "measure.ts");
  const args = ["--expose-gc", program, isBefore ? "holdfast" : contender, measure];
  const { stdout } = await run(process.execPath, args, { env });
  return JSON.parse(stdout) as Figures;
}

function keep(measure: string, contender: string, figures: Figures): void {
  for (const [figure, value] of Object.entries(figures)) {
    const byContender = found.get(measure) ?? new Map<string, Map<string, number[]>>();
    const byFigure = byContender.get(contender) ?? new Map<string, number[]>();
    found.set(measure, byContender.set(contender, byFigure));
    byFigure.set(figure, [...(byFigure.get(figure) ?? []), value]);
  }
}

/** Medians, with the least and the most of all rounds, and the ratio to Holdfast's median. */
function printTable(measure: string, byContender: ReadonlyMap<string, ReadonlyMap<string, number[]>>): void {
  console.log(`\n${measure}`);
  for (const [contender, byFigure] of byContender) {
    const cells = [...byFigure]
      .filter(([figure]) => figure !== "count")
      .map(([figure, values]) => {
        const ours = of("holdfast", measure, figure);
        const ratio = ours >= 1 ? ` ×${short(median(values) / ours)}` : "";
        const range =
          rounds > 1 && measure !== "bundle"
            ? ` (${short(Math.min(...values))}–${short(Math.max(...values))})`
            : "";
        return `${figure} ${short(median(values))}${range}${ratio}`.padEnd(40);
      });
    const count = median(byFigure.get("count") ?? [100_000]);
    const fewer = count < 100_000 ? `  only ${count} of them` : "";
    console.log(`  ${contender.padEnd(17)}${cells.join("")}${fewer}`.trimEnd());
  }
}

function short(value: number): string {
  return value.toFixed(Math.abs(value) < 10 ? 2 : 0);
}
