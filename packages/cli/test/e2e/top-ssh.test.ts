import { systemClock } from "@holdfast/runtime";
import { describe, expect, test } from "vitest";
import { bin, Holdfast } from "./holdfast.ts";
import { startSshd, whyNoSsh } from "./sshd.ts";
import { hasTmux, Terminal } from "./tmux.ts";
import { manifest } from "./top-manifest.ts";

const whyNot = hasTmux ? whyNoSsh : "skipped: needs tmux";

describe.skipIf(whyNot !== undefined)(`top over ssh${whyNot === undefined ? "" : ` (${whyNot})`}`, () => {
  test("in 80 by 24, with its keys, through every size, until q and when the connection breaks", async () => {
    const holdfast = new Holdfast({ "holdfast.yaml": manifest });
    expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
    const ssh = await startSshd(holdfast);
    const terminal = await Terminal.open(holdfast, { variables: { HOME: holdfast.root } });
    const remote = `HOLDFAST_HOME=${holdfast.home} HOLDFAST_E2E=${holdfast.root} ${process.execPath} ${bin} top`;
    const top = `${ssh[0]} -tt ${ssh.slice(1).join(" ")} ${remote}`;
    const tops = (): number =>
      holdfast.processes().filter((line) => /^\d+ \/\S+ \S+holdfast\.js top $/.test(line)).length;

    terminal.run(`clear; ${top}; echo ended with $?`);
    const first = (await terminal.shows(/db +running[\s\S]*web +running/)).split("\n");
    expect(terminal.modes()).toBe("1,0,0");
    expect(first[23]).toMatch(/^ q quit/);
    expect(Math.max(...first.map((line) => line.length))).toBeLessThanOrEqual(80);

    terminal.press("Down", "x");
    await terminal.shows(/web +stopped/);
    terminal.press("s");
    await terminal.shows(/web +running/);
    terminal.press("Up", "l");
    await terminal.shows(/log of shop\/db[\s\S]*the database listens/);
    terminal.press("Escape");
    await terminal.shows(/NAME▼/);

    for (const [columns, rows] of [
      [132, 43],
      [40, 8],
      [80, 24],
    ] as const) {
      terminal.resize(columns, rows);
      const whole = new RegExp(`^ holdfast .*\\n NAME▼ .*\\n db +running(.*\\n){${rows - 3}} q quit.*\\n$`);
      const lines = (await terminal.shows(whole)).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      expect(lines[1]?.includes("RESTARTS")).toBe(columns > 40);
    }

    terminal.press("q");
    await terminal.shows("ended with 0");
    expect(terminal.modes()).toBe("0,1,1");

    terminal.run(`clear; ${top}; echo ended with $?`);
    await terminal.shows(/db +running/);
    expect(tops()).toBe(1);
    // Nobody is at the other end any more: the terminal hangs up.
    const [client] = holdfast.processes().filter((line) => /^\d+ ssh -tt /.test(line));
    process.kill(Number.parseInt(client ?? "", 10), "SIGKILL");
    for (const deadline = systemClock.monotonic() + 10_000; tops() > 0; ) {
      if (systemClock.monotonic() > deadline) throw new Error("top outlives its terminal");
      await systemClock.sleep(20);
    }
    expect(await holdfast.run("ps")).toMatchObject({ code: 0, out: expect.stringMatching(/web +running/) });
    await holdfast.run("daemon", "stop");
  }, 60_000);
});
