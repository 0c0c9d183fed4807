import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@holdfast/runtime";
import { afterAll, expect, test } from "vitest";

const workspace = fileURLToPath(new URL("../../", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "holdfast-shop-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("npm start brings the shop up, the crashed worker is restarted, the report runs, and Ctrl-C leaves nothing", async () => {
  const ports = { SHOP_DB_PORT: await freePort(), SHOP_WEB_PORT: await freePort() };
  const env = {
    ...process.env,
    ...ports,
    HOLDFAST_HOME: join(root, "home"),
    SHOP_DATA: join(root, "data"),
    NO_COLOR: "1",
  };
  const command = (
    JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as { scripts: { start: string } }
  ).scripts.start;
  const [program = "", ...args] = command.split(" ");
  const shop = spawn(program, args, { cwd: workspace, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  shop.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  shop.stderr.setEncoding("utf8").on("data", (part: string) => (text += part));
  const ended = new Promise<number | null>((resolve) => shop.once("exit", resolve));
  try {
    await until(
      () => /worker +\| shipped order/.test(text),
      () => text,
      90_000,
    );
    expect(text.indexOf("migrate has completed")).toBeGreaterThan(text.indexOf("db is running and healthy"));
    expect(text.indexOf("web is running and healthy")).toBeGreaterThan(text.indexOf("migrate has completed"));
    const orders = (await (
      await fetch(`http://127.0.0.1:${ports.SHOP_WEB_PORT}/`)
    ).json()) as readonly unknown[];
    expect(orders.length).toBeGreaterThan(0);
    await until(
      () => /worker exited with code 1; restart 1/.test(text),
      () => text,
      60_000,
    );
    await until(
      () => /report +\| \w+: \d+/.test(text),
      () => text,
      60_000,
    );
    await until(
      () => text.lastIndexOf("worker is running") > text.indexOf("worker exited"),
      () => text,
      20_000,
    );
  } finally {
    shop.kill("SIGINT");
  }
  expect(await ended).toBe(0);
  expect(leftOver(), text).toEqual([]);
  const stopped = text.slice(text.lastIndexOf("stopping "));
  expect(stopped.indexOf("db is stopped")).toBeGreaterThan(stopped.indexOf("web is stopped"));
}, 240_000);

function leftOver(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(root);
    } catch {
      return false;
    }
  });
}

async function until(isSo: () => boolean, describe: () => string, limitMs: number): Promise<void> {
  for (const end = performance.now() + limitMs; !isSo(); ) {
    if (performance.now() > end) throw new Error(`not so after ${limitMs} ms:\n${describe()}`);
    await systemClock.sleep(50);
  }
}

function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(String(typeof address === "object" ? address?.port : address)));
    });
  });
}
