/** Apps that write numbered lines, and whether their logs have each of them once. */

import type { AppSpec } from "../../packages/daemon/src/spec/app-spec.ts";
import { waiting } from "../../packages/daemon/test/faults/operations.ts";

const program = `
  use Time::HiRes 'sleep';
  # A pid alone may come again.
  my $run = "$$-" . time;
  for (my $line = 0; ; $line++) { syswrite STDOUT, "$run $line\\n"; sleep 0.25 + rand 0.05 }`;

const backoff = { initialMs: 50, maxMs: 50, factor: 1, resetAfterMs: 1_000 };

/** Writes four lines a second, each with its run and a number, and is started again whenever it ends. */
export function chatter(name: string, root: string): AppSpec {
  return waiting(name, root, {
    command: { kind: "exec", argv: ["/usr/bin/perl", "-e", program] },
    restart: { when: "always", backoff },
  });
}

export interface LogCheck {
  readonly lines: number;
  readonly runs: number;
  /** What is missing, doubled or out of order, in words. */
  readonly faults: readonly string[];
}

/** The lines of one app in the order in which they are in its log: each run counts from 0. */
export function checkLines(name: string, lines: readonly string[]): LogCheck {
  const faults: string[] = [];
  const seen = new Set<string>();
  let [pid, next] = ["", 0];
  for (const line of lines) {
    const [own = "", number] = line.split(" ");
    if (own !== pid) {
      if (seen.has(own)) faults.push(`${name}: the run of ${own} is there twice`);
      seen.add(own);
      [pid, next] = [own, 0];
    }
    if (Number(number) !== next) faults.push(`${name}: after ${own} ${next - 1} comes ${line}`);
    next = Number(number) + 1;
  }
  return { lines: lines.length, runs: seen.size, faults };
}
