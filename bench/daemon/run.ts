// Holdfast's daemon beside its peers, on the same work, in turns; every result is asserted, not only timed.
//   node bench/daemon/run.ts [ROUNDS] [--only MEASURE] [--with CONTENDER] [--json]
// Peers that are not installed are left out, with a word on how to install them.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ContenderKind } from "./contender.ts";
import { holdfast } from "./contenders/holdfast.ts";
import { pm2 } from "./contenders/pm2.ts";
import { supervisord } from "./contenders/supervisord.ts";
import { clear, type Figures, type Measure, measures, median } from "./measures.ts";
import { markVariable } from "./processes.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "" },
    with: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(positionals[0] ?? 3);
const chosen = Object.entries(measures).filter(([name]) => name.includes(options.only));
const contenders = [holdfast, pm2, supervisord].filter((kind) => {
  const missing = kind.missing();
  if (missing !== undefined) console.error(`${kind.name} is left out: ${missing}`);
  return missing === undefined && kind.name.includes(options.with);
});
const [load = 0] = loadavg();
if (load > cpus().length / 2) {
  console.error(`the machine is busy (load ${load.toFixed(1)}): times are not to be trusted`);
}

/** By figure, then by contender: one value for each round. */
const found = new Map<string, Map<string, number[]>>();
const failures: string[] = [];
for (let round = 0; round < rounds; round++) {
  for (const [name, measure] of chosen) {
    for (const kind of contenders) keep(name, kind.name, await measured(kind, name, measure));
  }
}
if (options.json) {
  const plain = (_key: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  console.log(JSON.stringify({ rounds, load, found, failures }, plain, 2));
} else {
  printTable();
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

/** One measure in a directory of its own; nothing of it is left, however it ends. */
async function measured(kind: ContenderKind, name: string, measure: Measure): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  const contender = kind.make(directory, { ...process.env, [markVariable]: directory });
  try {
    const figures = await measure({ contender, directory, mark: directory });
    if (kind === holdfast) assertTruth(figures);
    return figures;
  } catch (error) {
    failures.push(`${kind.name} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  } finally {
    clear(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What it promises, and a figure is worth nothing without. */
function assertTruth(figures: Figures): void {
  const promised = { "survive-kill": 100, "same-processes": 100, duplicates: 0, orphans: 0 };
  for (const [name, value] of Object.entries(promised)) {
    const is = figures[name];
    if (is !== undefined && is !== value) throw new Error(`${name} is ${is}, and ${value} is promised`);
  }
}

function keep(measure: string, contender: string, figures: Figures): void {
  for (const [figure, value] of Object.entries(figures)) {
    const key = `${measure} ${figure}`;
    const byContender = found.get(key) ?? new Map<string, number[]>();
    found.set(key, byContender.set(contender, [...(byContender.get(contender) ?? []), value]));
  }
}

/** Medians, with the least and the most of all rounds. */
function printTable(): void {
  console.log(`${rounds} rounds: median (least–most)\n`);
  console.log(["".padEnd(24), ...contenders.map(({ name }) => name.padEnd(24))].join("").trimEnd());
  for (const [figure, byContender] of found) {
    const cells = contenders.map(({ name }) => {
      const values = byContender.get(name) ?? [];
      if (values.length === 0) return "failed".padEnd(24);
      const range = rounds > 1 ? ` (${short(Math.min(...values))}–${short(Math.max(...values))})` : "";
      return `${short(median(values))}${range}`.padEnd(24);
    });
    console.log(`${figure.padEnd(24)}${cells.join("")}`.trimEnd());
  }
}

function short(value: number): string {
  return value.toFixed(value !== 0 && Math.abs(value) < 10 ? 1 : 0);
}
