import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { errorCodes } from "./checks/doc-comments.ts";
import { type CodeBlock, codeBlocks, isExcerpt, linkedFiles } from "./checks/markdown-code.ts";
import { transcriptOf } from "./checks/run-program.ts";
import { readSourceTree } from "./checks/source-tree.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const guide = join(root, "docs/guides/runtime");
const chapters = readdirSync(guide)
  .filter((name) => name.endsWith(".md"))
  .map((name) => join(guide, name));
const pages = [join(root, "packages/runtime/README.md"), ...chapters];
const examples = readdirSync(join(root, "examples")).filter((name) => /^\d\d-.*\.ts$/.test(name));

/** A block that is no part of an example is a whole program; those are in files of their own here. */
interface Program extends CodeBlock {
  readonly path: string;
}

// Below the workspace, so that its packages are found, and not below node_modules, where Node strips no types.
mkdirSync(join(root, "dist"), { recursive: true });
const directory = mkdtempSync(join(root, "dist/guide-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const programs = pages.flatMap((page) => {
  const text = readFileSync(page, "utf8");
  const linked = linkedFiles(text)
    .filter((target) => examples.includes(basename(target)))
    .map((target) => readFileSync(join(dirname(page), target), "utf8"));
  return codeBlocks(text)
    .filter(({ language }) => language === "ts")
    .filter(
      (block) =>
        !linked.some((example) => isExcerpt(block.text, example) && isExcerpt(block.prints ?? "", example)),
    )
    .map((block): Program => {
      const path = join(directory, `${basename(page, ".md")}-${block.line}.ts`);
      writeFileSync(path, block.text);
      return { ...block, path };
    });
});

test("every program in the README and the guide has the right types", () => {
  expect(programs.length).toBeGreaterThan(0);
  const config = {
    extends: "../../tsconfig.tests.json",
    compilerOptions: { tsBuildInfoFile: "tsbuildinfo" },
    include: ["*.ts"],
    references: ["runtime", "platform"].map((name) => ({ path: `../../packages/${name}` })),
  };
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
  expect(typeErrors()).toBe("");
});

test.each(programs.map((program) => [basename(program.path, ".ts"), program] as const))(
  "%s is an excerpt of an example it links to, or a program that prints what it says",
  async (_name, { path, prints }) => {
    const expected = prints === undefined ? undefined : prints.trimEnd().split("\n");
    const lines = await transcriptOf(path, expected ?? []);
    if (expected) expect(lines).toEqual(expected);
    else expect(lines.filter((line) => line.startsWith("exit code"))).toEqual([]);
  },
);

test.each(pages.map((page) => [relative(root, page), page]))("%s links to what is there", (_name, page) => {
  const links = linkedFiles(readFileSync(page, "utf8"));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
});

test("every example belongs to a chapter, and every chapter is short", () => {
  const texts = chapters.map((page) => readFileSync(page, "utf8"));
  const linked = new Set(texts.flatMap(linkedFiles).map((target) => basename(target)));
  expect(examples.filter((name) => !linked.has(name))).toEqual([]);
  expect(texts.map((text) => text.trimEnd().split("\n").length).filter((lines) => lines > 120)).toEqual([]);
});

test("every function and class of the runtime is named in the guide", async () => {
  const texts = chapters.map((page) => readFileSync(page, "utf8")).join("\n");
  const { exports } = JSON.parse(readFileSync(join(root, "packages/runtime/package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  const entries = Object.values(exports).map((path) => join(root, "packages/runtime", path));
  const modules = await Promise.all(entries.map((path) => import(path) as Promise<object>));
  const names = modules.flatMap((module) => Object.keys(module));
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(texts))).toEqual([]);
});

test("every code that the runtime makes an error with is told in a chapter", () => {
  const codes = [...errorCodes(readSourceTree(root), "packages/runtime/src/")];
  const texts = chapters.map((page) => readFileSync(page, "utf8")).join("\n");
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !texts.includes(`\`${code}\``))).toEqual([]);
});

/** What the compiler says of the programs; what it says of the packages is another test's. */
function typeErrors(): string {
  try {
    return execFileSync(join(root, "node_modules/.bin/tsc"), ["-b", directory], { encoding: "utf8" });
  } catch (error) {
    const said = String((error as { stdout?: unknown }).stdout ?? error);
    return said.replace(/^packages\/.*\n(?:\s.*\n)*/gm, "");
  }
}
