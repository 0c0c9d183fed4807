import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

/** A Node on this machine that is too old to run the command itself. */
const oldNode = [...(process.env["PATH"] ?? "").split(":"), "/usr/bin", "/usr/local/bin"]
  .map((directory) => join(directory, "node"))
  .find((node) => {
    try {
      const version = execFileSync(node, ["--version"], { encoding: "utf8" });
      return Number(/^v(\d+)/.exec(version)?.[1] ?? 99) < 24;
    } catch {
      return false;
    }
  });

test.skipIf(oldNode === undefined)(
  "an older Node starts the one that npm brought, and passes signals and exit codes on",
  async () => {
    await using holdfast = new Holdfast({
      "holdfast.yaml": `
services:
  web:
    command: ["sh", "-c", "echo ready; exec sleep 1000"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`,
    });
    const node = oldNode ?? "";
    expect(await holdfast.startWith(node, "nonsense").ended).toMatchObject({ code: 2 });
    const up = holdfast.startWith(node, "up");
    await up.prints("ready");
    up.signal("SIGTERM");
    expect(await up.ended).toMatchObject({ code: 0 });
    expect(holdfast.processes()).toEqual([]);
  },
);
