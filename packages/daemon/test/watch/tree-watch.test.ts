import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import type { WatchRule } from "../../src/spec/app-spec.ts";
import { TreeWatch } from "../../src/watch/tree-watch.ts";

/** A directory that is watched, and what was told of it. */
async function watched(files: readonly string[] = [], over: Partial<WatchRule> = {}, at = "") {
  const root = mkdtempSync(join(tmpdir(), "holdfast-watch-"));
  const write = (path: string, text = "x"): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const path of files) write(path);
  const told: string[] = [];
  const troubles: string[] = [];
  const tree = new TreeWatch(
    { path: join(root, at), include: [], ignore: [], debounceMs: 200, ...over },
    {
      clock: systemClock,
      onChange: (path) => told.push(relative(root, path)),
      onTrouble: (why) => troubles.push(why),
    },
  );
  onTestFinished(() => {
    tree.close();
    rmSync(root, { recursive: true, force: true });
  });
  const tells = async (path: string): Promise<void> => {
    const deadline = systemClock.monotonic() + 5_000;
    while (!told.includes(path)) {
      if (systemClock.monotonic() > deadline) throw new Error(`${path} was not told, but ${told.join(", ")}`);
      await systemClock.sleep(5);
    }
  };
  return { root, write, told, troubles, tree, tells };
}

test("a file that is written, made, renamed or deleted below is told", async () => {
  const { root, write, told, tells } = await watched(["src/a.js", "src/deep/b.js"]);
  write("src/deep/b.js", "new");
  await tells("src/deep/b.js");
  write("src/c.js");
  await tells("src/c.js");
  renameSync(join(root, "src/c.js"), join(root, "src/d.js"));
  await tells("src/d.js");
  told.length = 0;
  rmSync(join(root, "src/a.js"));
  await tells("src/a.js");
});

test("a directory that comes later is watched, and what is in it already is told", async () => {
  const { root, write, told, tells } = await watched(["a.js"]);
  mkdirSync(join(root, "new/deeper"), { recursive: true });
  writeFileSync(join(root, "new/deeper/x.js"), "x");
  await tells("new/deeper/x.js");
  told.length = 0;
  write("new/deeper/x.js", "y");
  await tells("new/deeper/x.js");
});

test("what is ignored costs no watch and is not told; with include only that is", async () => {
  const many = Array.from({ length: 200 }, (_, index) => `node_modules/p${index}/index.js`);
  const { write, told, tree, tells } = await watched([...many, "src/a.ts", "tmp/x"], {
    ignore: ["tmp/"],
    include: ["*.ts"],
  });
  expect(tree.size).toBe(2);
  write("node_modules/p1/index.js", "y");
  write("tmp/y", "y");
  write("src/readme.md", "y");
  write("src/.a.ts.swp", "y");
  write("src/a.ts", "y");
  await tells("src/a.ts");
  expect(new Set(told)).toEqual(new Set(["src/a.ts"]));
});

test("a watched directory that is deleted and made anew is watched again", async () => {
  const { root, write, told, tells } = await watched(["src/a.js"], {}, "src");
  rmSync(join(root, "src"), { recursive: true });
  await tells("src");
  told.length = 0;
  write("src/b.js");
  await tells("src/b.js");
  told.length = 0;
  write("src/b.js", "again");
  await tells("src/b.js");
});

test("a path that is not there yet is told when it comes, and a file alone can be watched", async () => {
  const { root, write, told, tells } = await watched(["other"], {}, "config.json");
  write("config.json");
  await tells("config.json");
  told.length = 0;
  // As editors save: a new file takes the old one's name.
  write("config.json.new", "2");
  renameSync(join(root, "config.json.new"), join(root, "config.json"));
  await tells("config.json");
  write("other", "2");
  await systemClock.sleep(50);
  expect(new Set(told)).toEqual(new Set(["config.json"]));
});

test("too many directories are told, those that fit are watched, and none is left open", async () => {
  const before = inotifies();
  const many = Array.from({ length: 4_200 }, (_, index) => `d${index}/f`);
  const { write, told, troubles, tree, tells } = await watched(many);
  expect(troubles).toEqual([expect.stringMatching(/has more than 4096 directories; ignore some of them$/)]);
  expect(tree.size).toBe(4_096);
  write("top");
  await tells("top");
  expect(told).toEqual(expect.arrayContaining(["top"]));
  tree.close();
  expect([tree.size, inotifies() - before]).toEqual([0, 0]);
});

/** The kernel's watches of this process. */
function inotifies(): number {
  const one = (fd: number): number => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("inotify")).length;
    } catch {
      return 0;
    }
  };
  return Array.from({ length: 256 }, (_, fd) => one(fd)).reduce((sum, count) => sum + count, 0);
}
