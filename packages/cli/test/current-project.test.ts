import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProject } from "@holdfast/daemon/manifest";
import { expect, onTestFinished, test } from "vitest";
import { currentProject } from "../src/targets/current-project.ts";
import { FakeCli } from "./fake-cli.ts";

const compose = "services:\n  web: { command: [sleep, '1'] }\n";
const processCompose = 'processes:\n  web:\n    command: "sleep 1"\n';

function directoryOf(name: string, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "holdfast-project-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const directory = join(root, name);
  mkdirSync(directory);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
  return directory;
}

// The quick look must come to the same name as the reader that knows the whole language.
test.each<[string, string, Record<string, string>, Record<string, string>]>([
  ["the directory's", "My Shop.2", { "holdfast.yaml": compose }, {}],
  ["the directory's, nothing of it usable", "…", { "compose.yaml": compose }, {}],
  ["a Procfile's directory's", "My_Shop-2", { Procfile: "web: sleep 1\n" }, {}],
  ["a process-compose file's", "shop", { "process-compose.yaml": processCompose }, {}],
  ["written", "shop", { "compose.yaml": `name: blog\n${compose}` }, {}],
  ["written in quotes, with a comment", "shop", { "compose.yml": `name:  "blog"   # mine\n${compose}` }, {}],
  ["written after the apps", "shop", { "holdfast.yml": `${compose}name: blog` }, {}],
  [
    "made of a variable",
    "shop",
    { "holdfast.yaml": `name: "\${WHAT:-blog}-1"\n${compose}` },
    { WHAT: "wiki" },
  ],
  ["written in JSON", "shop", { "holdfast.yaml": '{"name":"blog","services":{"web":{"command":"x"}}}' }, {}],
  [
    "written with all of it indented",
    "shop",
    { "holdfast.yaml": "  name: blog\n  services: { web: { command: x } }\n" },
    {},
  ],
  ["from the environment", "shop", { "compose.yaml": compose }, { COMPOSE_PROJECT_NAME: "wiki" }],
  ["from .env", "shop", { "compose.yaml": compose, ".env": "A=1\nCOMPOSE_PROJECT_NAME=wiki\n" }, {}],
  [
    "of the first of several",
    "shop",
    { Procfile: "web: sleep 1\n", "compose.yaml": `name: blog\n${compose}` },
    {},
  ],
])("the project's name is %s, as the manifest's reader has it", async (_, name, files, variables) => {
  const directory = directoryOf(name, files);
  const { spec } = loadProject({ cwd: directory, env: variables });
  const cli = new FakeCli({ directory, variables });
  expect(await currentProject(cli, undefined)).toBe(spec.name);
});

test("the name that is given wins, and without a manifest all projects are meant", async () => {
  const cli = new FakeCli({ directory: directoryOf("empty", {}) });
  expect(await currentProject(cli, "blog")).toBe("blog");
  expect(await currentProject(cli, undefined)).toBeUndefined();
});

test("a manifest that has become empty is no mistake of who asks for its apps", async () => {
  const cli = new FakeCli({ directory: directoryOf("shop", { "holdfast.yaml": "\n\n" }) });
  expect(await currentProject(cli, undefined)).toBe("shop");
});
