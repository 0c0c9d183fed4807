import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { whyLinks } from "../../src/why/why-links.ts";
import { cases, read } from "./chains.ts";

test.each(cases.map((each) => [each.what, each] as const))("a person reads of %s", (_what, each) => {
  expect(read(each, whyLinks)).toBe(each.reads);
});

/** Faults put into the sources, each of which a case must notice. */
const mutants = [
  ["alike is whatever ended", "why-links.ts", "next.kind === end.kind", "true"],
  ["nothing is folded", "why-links.ts", "more++", "more"],
  ["the first start of a series is left out", "why-links.ts", "if (last.text !== start.text)", "if (false)"],
  [
    "a link of another app does not say whose it is",
    "why-links.ts",
    `text: \`\${name}\${link.text}\``,
    "text: link.text",
  ],
  ["what is not looked at is not counted", "why-links.ts", "restarts - shown", "0"],
  ["a start is told beside the run that it led to", "link-text.ts", "|| isRunning(next, app)", ""],
  [
    "what an operation asked for is told again",
    "link-text.ts",
    "isAsked || last?.state === app.state",
    "false",
  ],
  ["how long a run went on is left out", "link-text.ts", "origin.afterMs === null ?", "true ?"],
  [
    "a probe's words are left out",
    "link-text.ts",
    `origin?.type === "probe" ? \`: \${origin.text}\` : ""`,
    '""',
  ],
  ["who asked is left out", "link-text.ts", ` by \${origin.by}`, ""],
  ["an up is a start", "link-text.ts", '["apps.apply", "up"]', '["apps.apply", "start"]'],
] as const;

const source = new URL("../../src", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "holdfast-why-mutants-"));
symlinkSync(join(source, "../../../node_modules"), join(folder, "node_modules"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(mutants.map((mutant, index) => [...mutant, index] as const))(
  "a case notices that %s",
  async (_what, file, from, to, index) => {
    const mutant = await copied(`${index}`, (copy) => {
      const path = join(copy, "src/why", file);
      const parts = readFileSync(path, "utf8").split(from);
      expect(parts, `${file} has this text once: ${from}`).toHaveLength(2);
      writeFileSync(path, parts.join(to));
    });
    expect(cases.every((each) => read(each, mutant) === each.reads)).toBe(false);
  },
);

test("a copy without a fault reads as the sources do", async () => {
  const same = await copied("none", () => undefined);
  expect(cases.every((each) => read(each, same) === each.reads)).toBe(true);
});

async function copied(name: string, change: (copy: string) => void): Promise<typeof whyLinks> {
  const copy = join(folder, name);
  cpSync(source, join(copy, "src"), { recursive: true });
  change(copy);
  const path = pathToFileURL(join(copy, "src/why/why-links.ts")).href;
  return ((await import(path)) as { readonly whyLinks: typeof whyLinks }).whyLinks;
}
