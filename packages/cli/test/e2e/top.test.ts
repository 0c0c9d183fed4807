import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";
import { hasTmux, Terminal, type TerminalOptions } from "./tmux.ts";
import { manifest } from "./top-manifest.ts";

async function started(options?: TerminalOptions): Promise<{
  readonly holdfast: Holdfast;
  readonly terminal: Terminal;
}> {
  const holdfast = new Holdfast({
    "holdfast.yaml": manifest,
    "crash.mjs": `process.on("SIGUSR2", () => { throw new Error("planted"); });`,
  });
  const { code, err } = await holdfast.run("up", "-d");
  expect(code, err).toBe(0);
  return { holdfast, terminal: await Terminal.open(holdfast, options) };
}

test("top without a terminal says what to use instead", async () => {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest });
  expect(await holdfast.run("top")).toMatchObject({
    code: 2,
    out: "",
    err: "holdfast: top needs a terminal, for its keys as well as for its picture\n  holdfast ps prints the same once, holdfast ps --watch --json each change for programs\n",
  });
});

describe.skipIf(!hasTmux)(hasTmux ? "top on a real terminal" : "skipped: needs tmux", () => {
  test("shows the apps as they are, and what its keys ask for", async () => {
    const { holdfast, terminal } = await started();
    terminal.run("holdfast top");
    await terminal.shows(/db +running/);
    terminal.press("Down", "x");
    await terminal.shows(/web +stopped/);
    terminal.press("s");
    await terminal.shows(/web +running/);
    terminal.press("g");
    await terminal.shows(/ db +running[\s\S]*└─ web +running/);
    terminal.press("g", "Up", "l");
    await terminal.shows(/log of shop\/db[\s\S]*the database listens/);
    terminal.press("w");
    await terminal.shows(/why is shop\/db[\s\S]* db is running/);
    terminal.press("Escape");
    await terminal.shows(/NAME▼/);
    terminal.press("X");
    await terminal.shows("stop all 2 apps? y / n");
    terminal.press("y");
    await terminal.shows(/2 apps: 2 stopped/);
    terminal.press("q");
    await terminal.shows(/> holdfast top\n>/);
    expect(terminal.modes()).toBe("0,1,1");
    terminal.run("holdfast daemon stop");
    await terminal.shows("the daemon and its apps have ended");
    terminal[Symbol.dispose]();
    expect(holdfast.processes().filter((line) => /holdfast\.js|sleep/.test(line))).toEqual([]);
  });

  test("fits whatever size the terminal is given", async () => {
    const { terminal } = await started();
    terminal.run("holdfast top");
    await terminal.shows(/q quit .* g graph/);
    terminal.resize(200, 50);
    expect((await terminal.shows(/o sort\n$/)).split("\n")[49]).toMatch(/^ q quit/);
    terminal.resize(30, 6);
    const small = (await terminal.shows(/^ q quit {2}\? keys {2}Enter log\n$/m)).split("\n");
    expect(small).toHaveLength(7);
    expect(small.slice(0, 3)).toEqual([
      expect.stringMatching(/^ holdfast s/),
      expect.stringMatching(/^ NAME▼ +STATE/),
      expect.stringMatching(/^ db +running/),
    ]);
    terminal.resize(80, 24);
    await terminal.shows(/NAME▼ +STATE +HEALTH +SINCE +RESTARTS/);
  });

  test.each([
    ["q", (terminal: Terminal) => terminal.press("q"), 0],
    ["Ctrl-C", (terminal: Terminal) => terminal.press("C-c"), 0],
    ["SIGTERM", (_: Terminal, pid: number) => process.kill(pid, "SIGTERM"), 0],
    ["SIGINT", (_: Terminal, pid: number) => process.kill(pid, "SIGINT"), 0],
    ["SIGQUIT", (_: Terminal, pid: number) => process.kill(pid, "SIGQUIT"), 131],
    ["a crash", (_: Terminal, pid: number) => process.kill(pid, "SIGUSR2"), 1],
  ])("gives the terminal back after %s", async (_, end, code) => {
    const { holdfast, terminal } = await started();
    terminal.run('NODE_OPTIONS="--import=$PWD/crash.mjs"; export NODE_OPTIONS');
    terminal.run("holdfast top; echo ended with $?");
    await terminal.shows(/db +running/);
    expect(terminal.modes()).toBe("1,0,0");
    end(terminal, pidOf(holdfast, " top"));
    const screen = await terminal.shows(/ended with \d/);
    expect(screen).toContain(`ended with ${code}`);
    if (code === 1) expect(screen).toContain("Error: planted");
    expect(screen).not.toContain("q quit");
    expect(terminal.modes()).toBe("0,1,1");
    terminal.run("stty -a");
    await terminal.shows(/ icanon/);
    expect(terminal.screen()).toMatch(/ echo /);
  });

  test("gives the terminal to the shell for Ctrl-Z, and takes it again", async () => {
    const { terminal } = await started();
    terminal.run("holdfast top");
    await terminal.shows(/db +running/);
    terminal.press("C-z");
    await terminal.shows(/[Ss]topped/);
    expect(terminal.modes()).toBe("0,1,1");
    terminal.run("fg");
    await terminal.shows(/db +running/);
    expect(terminal.modes()).toBe("1,0,0");
    terminal.press("q");
    await terminal.shows(/> fg/);
  });

  test("says that the daemon is gone, and is right again when there is another one", async () => {
    const { holdfast, terminal } = await started();
    terminal.run("holdfast top");
    await terminal.shows(/db +running/);
    process.kill(Number(readFileSync(join(holdfast.home, "daemon.pid"), "utf8")), "SIGKILL");
    expect(await terminal.shows(/reconnecting \ds/)).toMatch(/db +running/);
    terminal.press("x");
    await terminal.shows("no daemon answers; nothing was asked of it");
    await holdfast.run("daemon", "start");
    await terminal.shows(/daemon \d+$/m);
    terminal.press("x");
    await terminal.shows(/db +stopped/);
  });

  test("has no colours where NO_COLOR is set", async () => {
    const { terminal } = await started({ variables: { NO_COLOR: "1" } });
    terminal.run("holdfast top");
    await terminal.shows(/^>db +running/m);
    expect(terminal.colouredScreen()).not.toContain("\u001b[");
  });
});

function pidOf(holdfast: Holdfast, part: string): number {
  const found = holdfast
    .processes()
    .filter((line) => line.includes("holdfast.js") && line.trimEnd().endsWith(part));
  expect(found).toHaveLength(1);
  return Number.parseInt(found[0] ?? "", 10);
}
