// The guides for those who come from another program: what they show is read by the real loader and command line.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseCommandLine } from "../packages/cli/src/command-line/parse.ts";
import { load, problemsOf } from "../packages/daemon/test/manifest/project.ts";
import { codeBlocks } from "./checks/markdown-code.ts";
import { codeSpans, tableRows } from "./checks/markdown-tables.ts";
import { pm2Keys } from "./checks/pm2-keys.ts";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../docs/guides/${name}.md`, import.meta.url)), "utf8");
const guides = ["from-pm2", "from-process-compose", "from-supervisord"];
const keysOf = (text: string): readonly string[] =>
  tableRows(text.slice(text.indexOf("## Keys of an ecosystem file"), text.indexOf("## Cluster"))).flatMap(
    ([first = "", second = ""]) =>
      second === "" ? [] : codeSpans(first).map((span) => span.replace(/: .*/, "")),
  );

describe("the guide for those who leave pm2", () => {
  const keys = keysOf(read("from-pm2")).filter((key) => key !== "env_production");

  test("says of every key of an ecosystem file what it becomes, once", () => {
    expect(keys.toSorted()).toEqual(pm2Keys.toSorted());
  });
});

describe.each(guides)("%s", (guide) => {
  const text = read(guide);

  test("shows manifests that are read without an error and without a warning", () => {
    const blocks = codeBlocks(text).filter(({ language }) => language === "yaml");
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const files = { "holdfast.yaml": block.text, "/bin/sh": "" };
      expect(load(files, { env: { COMPOSE_SHELL: "/bin/sh" } }).warnings).toEqual([]);
    }
  });

  test("names only settings that a service can have", () => {
    const settings = tableRows(text)
      .flatMap(([, second = ""]) => codeSpans(second))
      .filter((span) => /^[a-z_]+: [^/]/.test(span));
    const wrong = settings.flatMap((setting) => {
      const service = setting.startsWith("command:") ? setting : `command: x\n    ${setting}`;
      return setting.startsWith("replicas") ? [] : problemsOf(`services:\n  a:\n    ${service}\n`);
    });
    expect(wrong).toEqual([]);
  });

  test("names only commands and options that there are", () => {
    const code = [
      ...codeSpans(text.replace(/^```[\s\S]*?^```$/gm, "")),
      ...codeBlocks(text)
        .filter(({ language }) => language === "sh")
        .flatMap((block) => block.text.replace(/#.*/g, "").split("\n")),
    ];
    const commands = code
      .flatMap((line) => line.split("&&"))
      .map((line) => /^\s*(?:\w+="[^"]*" )?holdfast (.*)/.exec(line.replace(/\s+/g, " "))?.[1]?.trim())
      .filter((line) => line !== undefined);
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(() => parseCommandLine(command.split(" ")), command).not.toThrow();
  });
});

describe("the guide for those who leave process-compose", () => {
  const text = read("from-process-compose");
  const section = (title: string): string => text.split(`## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  /** How a key is written so that it asks for something. */
  const written: Readonly<Record<string, string>> = {
    is_interactive: "processes: { a: { command: x, is_interactive: true } }",
    "shutdown.send_keys": "processes: { a: { command: x, shutdown: { send_keys: [C-c] } } }",
    is_elevated: "processes: { a: { command: x, is_elevated: true } }",
    watch: "processes: { a: { command: x, watch: [{ path: . }] } }",
    mcp: "processes: { a: { command: x, mcp: { type: tool } } }",
    mcp_server: "mcp_server: { port: 1 }\nprocesses: { a: { command: x } }",
    log_level: "log_level: info\nprocesses: { a: { command: x } }",
    log_length: "log_length: 1\nprocesses: { a: { command: x } }",
    log_configuration: "log_configuration: {}\nprocesses: { a: { command: x } }",
    log_format: "log_format: json\nprocesses: { a: { command: x } }",
    truncate_log: "processes: { a: { command: x, truncate_log: true } }",
    is_tty: "processes: { a: { command: x, is_tty: true } }",
    disable_ansi_colors: "processes: { a: { command: x, disable_ansi_colors: true } }",
    monitor_for: "processes: { a: { command: x, monitor_for: x } }",
    monitor_silence_threshold: "processes: { a: { command: x, monitor_silence_threshold: 1 } }",
    is_foreground: "processes: { a: { command: x, is_foreground: true } }",
  };
  const file = (key: string) => ({ "process-compose.yaml": `${written[key]}\n` });
  const refused = tableRows(section("Refused by name")).flatMap(([first = ""]) => codeSpans(first));
  const ignored = codeSpans(section("No effect, with a warning")).filter((key) => key !== "liveness_probe");

  test.each(refused)("%s is refused by name, as it says", (key) => {
    expect(problemsOf(file(key)).join("\n")).toContain(key);
  });

  test.each(ignored)("%s has a warning with its name, as it says", (key) => {
    expect(load(file(key)).warnings.join("\n")).toContain(key);
  });

  test("all of those keys are in it", () => {
    expect([...refused, ...ignored].toSorted()).toEqual(Object.keys(written).toSorted());
  });
});
