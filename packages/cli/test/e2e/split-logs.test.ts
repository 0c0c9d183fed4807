import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const writer = `
let number = 0;
const write = () => {
  console.log("out " + number);
  console.error("err " + number);
  if (++number < 300) setTimeout(write, 5);
};
write();
setInterval(() => {}, 1000);
`;
const shop = `
services:
  web:
    command: ["node", "writer.js"]
    log: { split: true }
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
  db:
    command: ["sh", "-c", "echo one; echo two >&2; exec sleep 1000"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`;

const numbers = (word: string): string =>
  Array.from({ length: 300 }, (_, number) => `${word} ${number}\n`).join("");

test("logs of one stream are whole across a kill of the daemon, and an app with one log says how to split it", async () => {
  await using holdfast = new Holdfast({ "holdfast.yaml": shop, "writer.js": writer });
  const logs = async (...args: readonly string[]): Promise<string> =>
    (await holdfast.run("logs", "web", ...args)).out;
  expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  const following = holdfast.start("logs", "web", "-f", "--stream", "stderr", "-n", "1000");
  await following.prints("err 20\n");
  const { pid } = JSON.parse((await holdfast.run("daemon", "status", "--json")).out) as { pid: number };
  process.kill(pid, "SIGKILL");
  expect((await following.ended).out).not.toContain("out");
  expect(await holdfast.run("daemon", "start")).toMatchObject({ code: 0 });
  await expect.poll(() => logs("--stream", "stderr"), { timeout: 15_000 }).toContain("err 299\n");
  expect(await logs("--stream", "stderr")).toBe(numbers("err"));
  expect(await logs("--stream", "stdout")).toBe(numbers("out"));
  const both = (await logs()).trimEnd().split("\n");
  expect(both).toHaveLength(600);
  expect(await logs("--stream", "stderr", "-n", "2", "--json")).toMatch(
    /^\{.*"text":"err 298".*"stream":"stderr"\}\n\{.*"err 299".*\}\n$/,
  );
  // With names before them, they are told apart by what stands behind the name.
  const named = (await holdfast.run("logs", "--stream", "stderr", "-n", "1")).out;
  expect(named).toBe("web ! err 299\n");
  expect(await holdfast.run("logs", "db", "--stream", "stderr")).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/db writes stdout and stderr into one log.*\n.*log: \{ split: true \}/),
  });
  expect(await holdfast.run("logs", "--stream", "strerr")).toMatchObject({
    code: 2,
    err: expect.stringContaining("stdout, stderr"),
  });
  await holdfast.run("remove", "web");
  expect(await holdfast.run("logs", "--stream", "stderr")).toMatchObject({
    code: 1,
    err: expect.stringContaining("log: { split: true }"),
  });
  await holdfast.run("down");
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});

test("who follows an app hears of its stderr once it is told apart, and of both again afterwards", async () => {
  const manifest = (log: string): string => `
services:
  db:
    command: ["sh", "-c", "echo one; echo two >&2; exec sleep 1000"]
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
${log}`;
  await using holdfast = new Holdfast({ "holdfast.yaml": manifest("") });
  const apply = async (log: string): Promise<void> => {
    writeFileSync(join(holdfast.directory, "holdfast.yaml"), manifest(log));
    expect(await holdfast.run("up", "-d")).toMatchObject({ code: 0 });
  };
  await apply("");
  const following = holdfast.start("logs", "db", "-f", "--json");
  await following.prints('"text":"two"');
  await apply("    log: { split: true }\n");
  await following.prints('"stream":"stderr"');
  await apply("");
  const all = async (): Promise<readonly string[]> =>
    (await holdfast.run("logs", "db", "--json")).out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ text, stream = "both" }) => `${stream} ${text}`);
  await expect.poll(async () => (await all()).length, { timeout: 10_000 }).toBe(6);
  // Since which offset a log is stdout's alone is forgotten when it is so no more.
  expect(await all()).toEqual(["both one", "both two", "both one", "stderr two", "both one", "both two"]);
  following.signal("SIGINT");
  const { out } = await following.ended;
  expect(out.trimEnd().split("\n")).toHaveLength(6);
  await holdfast.run("daemon", "stop");
  expect(holdfast.processes()).toEqual([]);
});
