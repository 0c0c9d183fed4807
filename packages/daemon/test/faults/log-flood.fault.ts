/**
 * F14: apps that write as fast as the disk takes it: 1 GiB, in a short run 256 MiB, or as `HOLDFAST_FLOOD_MIB` says. The
 * figures are the daemon's: its memory at the highest, the longest turn of its event loop, how long it takes to answer.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogLine } from "../../src/api/contract.ts";
import type { AppSpec } from "../../src/spec/app-spec.ts";
import { projectSpec } from "../fakes/app-spec.ts";
import { holdfastBin, KillableDaemon } from "./killable-daemon.ts";
import { longestTurnMs, probed } from "./longest-turn.ts";
import { waiting } from "./operations.ts";
import { scaled } from "./scale.ts";

const mebibyte = 1024 * 1024;
const floodMib = Number(process.env["HOLDFAST_FLOOD_MIB"] ?? scaled(256, 1_024));
/** What the fault matrix allows. */
const mostRss = 150;
const targetPingMs = 50;
/** The same of the daemon's own work, which a busy machine does not change. */
const mostTurnMs = 50;
/** A busy machine may take its time; a blocked daemon takes seconds. */
const mostPingMs = 1_000;

let daemon: KillableDaemon;
beforeEach(async () => {
  daemon = new KillableDaemon();
  await daemon.start(probed(daemon));
});
afterEach(async () => {
  await daemon.remove();
});

/** Writes numbered lines of 100 bytes, as many as make `mib` MiB, at `perSecond` MB if given. */
function flooder(name: string, mib: number, perSecond?: number): AppSpec {
  const program = `
    use Time::HiRes qw(time sleep);
    my ($lines, $rate) = @ARGV; my $started = time; my $written = 0;
    for (my $at = 0; $at < $lines; $at += 500) {
      my $text = '';
      for my $line ($at .. $at + 499) { $text .= substr("line $line " . 'x' x 99, 0, 99) . "\\n" }
      syswrite(STDOUT, $text) == length $text or die "short: $!";
      $written += length $text;
      if ($rate) { my $early = $written / ($rate * 1e6) - (time - $started); sleep $early if $early > 0 }
    }`;
  const lines = Math.floor((mib * mebibyte) / 50_000) * 500;
  return perlApp(name, program, `${lines}`, ...(perSecond === undefined ? [] : [`${perSecond}`]));
}

function perlApp(name: string, program: string, ...args: readonly string[]): AppSpec {
  return waiting(name, daemon.root, {
    command: { kind: "exec", argv: ["/usr/bin/perl", "-e", program, ...args] },
  });
}

const linesOf = (mib: number): number => Math.floor((mib * mebibyte) / 50_000) * 500;
const logOf = (name: string): string => join(daemon.home, "apps", "shop", name, "1.log");
const target = (name: string) => ({ targets: [{ project: "shop", name }] });

async function ended(names: readonly string[]): Promise<void> {
  await daemon.until(
    "all have completed",
    async () =>
      (await daemon.api.call("apps.list", {})).every(
        ({ name, state }) => !names.includes(name) || state === "completed",
      ),
    110_000,
  );
}

/** Asks the daemon every 20 ms until `work` is done, and prints how it did. */
async function watched(what: string, work: Promise<unknown>): Promise<void> {
  const pings: number[] = [];
  await longestTurnMs(daemon);
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      const asked = performance.now();
      await daemon.api.call("system.healthz", {});
      pings.push(performance.now() - asked);
      await systemClock.sleep(20);
    }
  })();
  const started = performance.now();
  await work.finally(() => {
    isDone = true;
  });
  await asking;
  const sorted = pings.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  const rss = peakRssMib();
  const turnMs = await longestTurnMs(daemon);
  console.log(
    `F14: ${what}: ${((performance.now() - started) / 1000).toFixed(1)} s; daemon at most ${rss.toFixed(0)} MiB (target ${mostRss}); answers p99 ${p99.toFixed(1)} ms, longest ${(sorted.at(-1) ?? 0).toFixed(1)} ms (target ${targetPingMs}), longest turn of its loop ${turnMs.toFixed(1)} ms of a processor (target ${mostTurnMs})`,
  );
  expect(turnMs).toBeLessThanOrEqual(mostTurnMs);
  expect(rss).toBeLessThanOrEqual(mostRss);
  expect(p99).toBeLessThan(mostPingMs);
}

function peakRssMib(): number {
  const status = readFileSync(`/proc/${daemon.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** The last lines are there, each once and in order. */
async function expectTail(name: string, lines: number): Promise<void> {
  const tail = await daemon.api.call("logs.read", { ...target(name), lines: 10_000 });
  expect(tail.length).toBe(Math.min(10_000, lines));
  expect(tail.map(numberOf)).toEqual(tail.map((_, index) => lines - tail.length + index));
}

const numberOf = ({ text }: Pick<LogLine, "text">): number => Number(text.split(" ")[1]);

test(`F14: ${floodMib} MiB at full rate from one app: the daemon stays small, and only old lines go`, async () => {
  await daemon.api.call("apps.apply", { spec: projectSpec([flooder("loud", floodMib)]) });
  await watched(`${floodMib} MiB from 1 app`, ended(["loud"]));
  expect(statSync(logOf("loud")).size).toBe(linesOf(floodMib) * 100);
  await expectTail("loud", linesOf(floodMib));
  await daemon.until("the log is bounded", () => statSync(logOf("loud")).blocks * 512 < 73 * mebibyte);
  const [extent] = await daemon.api.call("logs.extent", target("loud"));
  expect((extent?.endOffset ?? 0) - (extent?.firstOffset ?? 0)).toBeGreaterThanOrEqual(
    Math.min(64, floodMib) * mebibyte - 100,
  );
});

test(`F14: ${floodMib} MiB at full rate from 20 apps`, async () => {
  const names = Array.from({ length: 20 }, (_, index) => `loud${index}`);
  const mib = Math.floor(floodMib / 20);
  await daemon.api.call("apps.apply", { spec: projectSpec(names.map((name) => flooder(name, mib))) });
  await watched(`${mib} MiB from each of 20 apps`, ended(names));
  for (const name of names) await expectTail(name, linesOf(mib));
});

test("F14: an app that floods before it says that it is ready, and whose output is copied, keeps nobody waiting", async () => {
  // Less than is kept of a log, so that all of it is copied.
  const mib = 48;
  const copy = join(daemon.root, "copy.log");
  const program = `my $text = ('x' x 99 . "\\n") x 5000; syswrite STDOUT, $text for 1 .. ${mib * 2}; $| = 1; print "ready\\n"; sleep 1000`;
  const app = { ...perlApp("loud", program), readyLogLine: "ready", logFile: copy };
  await daemon.api.call("apps.apply", { spec: projectSpec([app]) });
  const isReady = daemon.until(
    "it is ready",
    async () => (await daemon.api.call("apps.list", {})).some(({ ready }) => ready),
    60_000,
  );
  await watched(`${mib} MiB from 1 app with a ready line and a copy`, isReady);
  const size = mib * 2 * 500_000 + "ready\n".length;
  await daemon.until("all is written", () => statSync(logOf("loud")).size === size);
  await watched(
    "the rest of its copy",
    daemon.until("all is copied", () => statSync(copy).size === size, 60_000),
  );
});

test("F14: at 20 MB/s a follower gets every line once", async () => {
  const lines = linesOf(48);
  const file = join(daemon.root, "followed");
  const into = openSync(file, "w");
  await daemon.api.call("apps.apply", { spec: projectSpec([flooder("steady", 48, 20)]) });
  const follower = spawn(process.execPath, [holdfastBin, "logs", "shop/steady", "-f", "-n", "all", "--raw"], {
    env: { PATH: process.env["PATH"], HOLDFAST_HOME: daemon.home },
    stdio: ["ignore", into, "ignore"],
  });
  try {
    const read = daemon.until("all is followed", () => statSync(file).size >= lines * 100, 60_000);
    await watched("48 MiB at 20 MB/s, followed", Promise.all([ended(["steady"]), read]));
    const found = readFileSync(file, "latin1").split("\n");
    expect(found.pop()).toBe("");
    expect(found.length).toBe(lines);
    expect(found.findIndex((text, index) => numberOf({ text }) !== index)).toBe(-1);
  } finally {
    follower.kill();
    closeSync(into);
  }
});

test.each([
  { what: "64 MiB without a newline", program: "print 'x' x 65536 for 1 .. 1024" },
  {
    what: "16 MiB of bytes that are no text",
    program: "my $all = join '', map chr, 0 .. 255; print $all x 256 for 1 .. 256",
  },
  {
    what: "16 MiB of escape sequences",
    program: 'print "\\e[31mred\\e]0;title\\a\\e[2J\\r" x 2048, "\\n" for 1 .. 400',
  },
])("F14: $what: pieces of 64 KiB at most, and nothing is lost", async ({ what, program }) => {
  await daemon.api.call("apps.apply", { spec: projectSpec([perlApp("odd", program)]) });
  let bytes = 0;
  let longest = 0;
  await watched(what, ended(["odd"]));
  const caughtUp = Promise.withResolvers<void>();
  const seen: number[] = [];
  await daemon.api.subscribe("logs.follow", target("odd"), (event) => {
    for (const { text, offset } of event.lines) {
      seen.push(offset);
      bytes += text.length;
      longest = Math.max(longest, text.length);
    }
    if (event.caughtUp === true) caughtUp.resolve();
  });
  await watched(`${what}, read`, caughtUp.promise);
  expect(longest).toBeLessThanOrEqual(65_536);
  expect(bytes).toBeGreaterThan(8 * mebibyte);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
});
