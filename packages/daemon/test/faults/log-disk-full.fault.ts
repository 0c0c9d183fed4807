/** F5, the logs' half: state and logs on a disk of 2 MiB that an app fills, and that somebody else fills too. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { projectSpec } from "../fakes/app-spec.ts";
import { KillableDaemon } from "./killable-daemon.ts";
import { waiting } from "./operations.ts";

const target = { targets: [{ project: "shop", name: "loud" }] };

/** A home on a disk of its own; undefined where this test may not mount one. */
function mountHome(home: string): boolean {
  mkdirSync(home, { mode: 0o700 });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "holdfast-test", home], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

/** Writes numbered lines of 100 bytes, 400 kB a second, and notes the longest write and how many failed. */
const program = `
  use Time::HiRes qw(time sleep);
  my ($longest, $failed) = (0, 0);
  for (my $line = 0; ; $line++) {
    my $began = time;
    my $text = substr("line $line " . 'x' x 99, 0, 99) . "\\n";
    my $wrote = syswrite STDOUT, $text;
    my $took = time - $began;
    $longest = $took if $took > $longest;
    $failed++ unless defined $wrote && $wrote == 100;
    if ($line % 40 == 0) {
      open my $notes, '>', "$ARGV[0].new"; print $notes "$line $failed $longest"; close $notes;
      rename "$ARGV[0].new", $ARGV[0];
      sleep 0.01;
    }
  }`;

test("F5: logs give way when the disk is full: no app waits, the daemon answers and tells, and goes on when there is room", async ({
  skip,
}) => {
  const daemon = new KillableDaemon();
  if (!mountHome(daemon.home)) skip("needs the right to mount a tmpfs");
  try {
    await daemon.start();
    const notes = join(daemon.root, "notes");
    const app = waiting("loud", daemon.root, {
      command: { kind: "exec", argv: ["/usr/bin/perl", "-e", program, notes] },
    });
    await daemon.api.call("apps.apply", { spec: projectSpec([app]) });
    const pings: number[] = [];
    const ask = async (ms: number): Promise<void> => {
      for (const end = systemClock.monotonic() + ms; systemClock.monotonic() < end; ) {
        const asked = systemClock.monotonic();
        await daemon.api.call("system.healthz", {});
        pings.push(systemClock.monotonic() - asked);
        await systemClock.sleep(20);
      }
    };
    const figures = (): { lines: number; failed: number; longestMs: number } => {
      const text = existsSync(notes) ? readFileSync(notes, "utf8") : "";
      const [lines = 0, failed = 0, longest = 0] = text.split(" ").map(Number);
      return { lines, failed, longestMs: longest * 1_000 };
    };

    // The app alone: twice the disk. The oldest lines go, and nothing of the newest.
    await daemon.until("it has written twice the disk", () => figures().lines > 40_000, 60_000);
    await ask(200);
    const alone = figures();
    const events = await daemon.api.call("events.read", {});
    expect(events.filter(({ type }) => type === "warning").map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^\d+\.\d MiB of the oldest output of loud were let go: the disk has \d+\.\d MiB left$/,
      ),
    );
    const [extent] = await daemon.api.call("logs.extent", target);
    expect(extent?.firstOffset).toBeGreaterThan(0);

    // Somebody else takes all that is left, again and again.
    const ballast = join(daemon.home, "ballast");
    for (let round = 0; round < 40; round++) {
      const { bavail, bsize } = statfsSync(daemon.home);
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize + 65_536), { flag: "a" });
      } catch {
        // What could be written was, and that is what it is for.
      }
      await ask(40);
    }
    const full = figures();
    expect(full.lines).toBeGreaterThan(alone.lines);

    // There is room again.
    rmSync(ballast);
    await systemClock.sleep(300);
    const before = figures();
    await ask(2_000);
    const after = figures();
    const tail = await daemon.api.call("logs.read", { ...target, lines: 200 });
    const numbers = tail.map(({ text }) => Number(text.split(" ")[1]));
    const slowest = Math.max(...pings);
    console.log(
      `F5: ${after.lines} lines; lost by the app while there was no room at all: ${full.failed - alone.failed}, before ${alone.failed}, after ${after.failed - before.failed}; longest write ${after.longestMs.toFixed(0)} ms (target 1000); longest answer ${slowest.toFixed(0)} ms`,
    );
    expect(after.longestMs).toBeLessThan(1_000);
    expect(slowest).toBeLessThan(3_000);
    expect(after.failed - before.failed).toBe(0);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(numbers.at(-1)).toBeGreaterThan(before.lines);
    expect(daemon.isDead).toBe(false);
  } finally {
    await daemon.kill();
    await daemon.until("the disk is let go", () => {
      // The keeper may still have one to start.
      for (const { pid } of daemon.programs()) process.kill(pid, "SIGKILL");
      try {
        execFileSync("umount", [daemon.home], { stdio: "ignore" });
        return true;
      } catch {
        return false;
      }
    });
    await daemon.remove();
  }
});
