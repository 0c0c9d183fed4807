import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bin, Holdfast } from "./holdfast.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const manifest = `
name: shop
services:
  database:
    command: exec sleep 1000
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`;

function has(shell: string): boolean {
  return spawnSync(shell, ["--version"]).status === 0;
}

/** With `holdfast` where a shell finds it, and one app that runs. */
async function started(): Promise<{ readonly holdfast: Holdfast; readonly path: string }> {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest, "a file.yaml": "" });
  const tools = join(holdfast.root, "bin");
  mkdirSync(tools);
  const program = join(tools, "holdfast");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  chmodSync(program, 0o755);
  expect((await holdfast.run("up", "-d")).code).toBe(0);
  return { holdfast, path: `${tools}:${process.env["PATH"]}` };
}

const interactive = [
  [
    "bash",
    "bash --norc --noprofile",
    'PS1="> "; bind "set bell-style none"; eval "$(holdfast completion bash)"',
  ],
  ["zsh", "zsh -f", 'PROMPT="> "; autoload -Uz compinit; compinit -D; eval "$(holdfast completion zsh)"'],
] as const;

describe.each(interactive)("in %s", (shell, start, load) => {
  const isThere = hasTmux && has(shell);

  test.skipIf(!isThere)(
    isThere ? "Tab completes commands, options, apps and files" : `skipped: needs tmux and ${shell}`,
    async () => {
      const { holdfast, path } = await started();
      const terminal = await Terminal.open(holdfast, { variables: { PATH: path, HOME: holdfast.root } });
      terminal.run(`unset -f holdfast; exec ${start}`);
      await terminal.shows(/\n\S*[#%$] *\n*$/);
      terminal.run(`${load}; clear; echo ready`);
      await terminal.shows(/^ready\n>/);
      const tab = async (typed: string, expected: string): Promise<void> => {
        terminal.press("C-u");
        terminal.type(typed);
        terminal.press("Tab");
        await terminal.shows(`> ${expected}`);
      };
      await tab("holdfast resta", "holdfast restart");
      await tab("holdfast ps --js", "holdfast ps --json");
      await tab("holdfast stop da", "holdfast stop database");
      await tab("holdfast ps -p sh", "holdfast ps -p shop");
      await tab("holdfast up -f a", "holdfast up -f a\\ file.yaml");
      await tab("holdfast up --file=hold", "holdfast up --file=holdfast.yaml");
      await tab("holdfast logs --level err", "holdfast logs --level error");
      await tab("holdfast logs --stream stde", "holdfast logs --stream stderr");
    },
  );
});

const hasFish = has("fish");

test.skipIf(!hasFish)(
  hasFish ? "in fish, Tab completes commands, options, apps and files" : "skipped: needs fish",
  async () => {
    const { holdfast, path } = await started();
    const complete = (line: string): readonly string[] => {
      const script = `holdfast completion fish | source; complete -C ${JSON.stringify(line)}`;
      const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], {
        cwd: holdfast.directory,
        encoding: "utf8",
        env: { PATH: path, HOME: holdfast.root, HOLDFAST_HOME: holdfast.home },
      });
      expect(stderr).toBe("");
      return stdout.trimEnd().split("\n");
    };
    expect(complete("holdfast resta")).toEqual(["restart\tstop apps and start them again"]);
    expect(complete("holdfast ps --js")).toEqual(["--json\tprint JSON"]);
    expect(complete("holdfast logs --stream ")).toEqual(["stderr", "stdout"]);
    expect(complete("holdfast stop ")).toEqual(["database\trunning"]);
    expect(complete("holdfast ps -p ")).toEqual(["shop\tproject"]);
    expect(complete("holdfast up -f hold").join()).toContain("holdfast.yaml");
    expect(complete("holdfast up --file=hold").join()).toContain("--file=holdfast.yaml");
  },
);
