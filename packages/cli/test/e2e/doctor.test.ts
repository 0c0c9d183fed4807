import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import { bin, type Ended, Holdfast } from "./holdfast.ts";

const manifest = `
name: shop
services:
  web:
    command: exec sleep 1000
    environment: { HOLDFAST_E2E: "\${HOLDFAST_E2E}" }
`;

/** What is not as it should be, by check. */
function wrong({ out, err }: Ended): Readonly<Record<string, Finding>> {
  expect(err).toBe("");
  const findings = JSON.parse(out) as readonly Finding[];
  return Object.fromEntries(
    findings.filter(({ level }) => level !== "ok").map((finding) => [finding.check, finding]),
  );
}

async function diagnosed(holdfast: Holdfast, before = ""): Promise<Ended> {
  return await holdfast.shell(`${before} holdfast doctor --json`).ended;
}

test("a machine that is as it should be has no problem, with a daemon and without one", async () => {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest });
  const before = await holdfast.run("doctor");
  expect(before, before.out).toMatchObject({ code: 0, err: "" });
  expect(before.out).toContain("is made by the first daemon\n");
  await holdfast.run("up", "-d");
  const after = await holdfast.run("doctor");
  expect(after, after.out).toMatchObject({ code: 0 });
  expect(after.out).toMatch(/✓ daemon +pid \d+, version \d+\.\d+\.\d+, answers\n/);
  expect(after.out).toMatch(/✓ leftovers +no program of this home runs/);
  expect(after.out).toMatch(/✓ manifest +\S+holdfast\.yaml: 1 app\n/);
});

test("a home that is open to others, and one that is no directory", async () => {
  const holdfast = new Holdfast({ "notes.txt": "" });
  mkdirSync(holdfast.home);
  chmodSync(holdfast.home, 0o755);
  const open = await diagnosed(holdfast, `cd ${holdfast.root};`);
  expect(open.code).toBe(1);
  expect(wrong(open)["home"]).toMatchObject({ level: "problem", remedy: `chmod 700 ${holdfast.home}` });
  execFileSync("/bin/sh", ["-c", wrong(open)["home"]?.remedy ?? "false"]);
  expect((await diagnosed(holdfast, `cd ${holdfast.root};`)).code).toBe(0);
  rmSync(holdfast.home, { recursive: true });
  writeFileSync(holdfast.home, "");
  expect(wrong(await diagnosed(holdfast, `cd ${holdfast.root};`))["home"]?.text).toMatch(
    / is not a directory$/,
  );
});

test("apps that run on without a daemon, and the socket it left; its remedy makes it right", async () => {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest });
  await holdfast.run("up", "-d");
  process.kill(Number(readFileSync(join(holdfast.home, "daemon.pid"), "utf8")), "SIGKILL");
  await expect
    .poll(async () => Object.keys(wrong(await diagnosed(holdfast))), { timeout: 15_000 })
    .toEqual(expect.arrayContaining(["daemon", "leftovers"]));
  const found = wrong(await diagnosed(holdfast));
  expect(found["daemon"]?.text).toContain("left its socket");
  expect(found["leftovers"]).toMatchObject({ level: "warning", remedy: "holdfast daemon start" });
  expect(found["leftovers"]?.text).toMatch(/apps run without a daemon: pid \d+ \(sleep 1000\)/);
  await holdfast.run("daemon", "start");
  expect(wrong(await diagnosed(holdfast))).not.toHaveProperty("leftovers");
});

test("a daemon whose socket was removed", async () => {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest });
  await holdfast.run("daemon", "start");
  const pid = readFileSync(join(holdfast.home, "daemon.pid"), "utf8").trim();
  rmSync(join(holdfast.home, "holdfast.sock"));
  const found = await diagnosed(holdfast);
  expect(found.code).toBe(1);
  expect(wrong(found)["daemon"]).toMatchObject({
    level: "problem",
    text: expect.stringContaining("holdfast.sock is gone"),
    remedy: `kill -9 ${pid} && holdfast daemon start`,
  });
});

test("run files of an earlier boot", async () => {
  const holdfast = new Holdfast({ "holdfast.yaml": manifest });
  await holdfast.run("daemon", "start");
  mkdirSync(join(holdfast.home, "run/an-earlier-boot"));
  const found = wrong(await diagnosed(holdfast))["leftovers"];
  expect(found?.text).toContain("1 earlier boot ");
  execFileSync("/bin/sh", ["-c", found?.remedy ?? "false"]);
  expect(wrong(await diagnosed(holdfast))).not.toHaveProperty("leftovers");
});

test("a port that a stranger listens on, with its pid, and every mistake of a manifest", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const holdfast = new Holdfast({ "holdfast.yaml": `${manifest}    ports: ["127.0.0.1:${port}:${port}"]\n` });
  const taken = await diagnosed(holdfast);
  expect(taken.code).toBe(1);
  expect(wrong(taken)["ports"]).toMatchObject({
    text: expect.stringMatching(new RegExp(`^port ${port} of web is taken by pid ${process.pid} `)),
    remedy: `kill ${process.pid}`,
  });
  writeFileSync(join(holdfast.directory, "holdfast.yaml"), "services:\n  web:\n    comand: true\n");
  const broken = await diagnosed(holdfast);
  expect(broken.code).toBe(1);
  expect(wrong(broken)["manifest"]?.text).toMatch(/holdfast\.yaml:3:5: .*did you mean "command"/);
});

test("a machine without perl, or without setsid too", async () => {
  const holdfast = new Holdfast({ "notes.txt": "" });
  const tools = join(holdfast.root, "tools");
  mkdirSync(tools);
  const none = await diagnosed(holdfast, `cd ${holdfast.root}; export PATH=${tools};`);
  expect(none.code).toBe(1);
  expect(wrong(none)["keeper"]?.text).toBe("there is neither perl nor setsid");
  symlinkSync("/usr/bin/setsid", join(tools, "setsid"));
  const shim = await diagnosed(holdfast, `cd ${holdfast.root}; export PATH=${tools};`);
  expect(shim.code).toBe(0);
  expect(wrong(shim)["keeper"]).toMatchObject({ level: "warning", remedy: "sudo apt install perl-base" });
});

test("too few open files, and cgroups that were turned off", async () => {
  const holdfast = new Holdfast({ "notes.txt": "" });
  const found = await diagnosed(holdfast, `cd ${holdfast.root}; ulimit -n 200; export HOLDFAST_CGROUP=off;`);
  expect(found.code).toBe(1);
  expect(wrong(found)).toMatchObject({
    "open files": { level: "problem", text: "a daemon started from here may have only 200" },
    cgroups: { level: "warning", text: "HOLDFAST_CGROUP=off" },
  });
});

const canMount = spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

test.skipIf(!canMount)(
  canMount ? "a disk that is nearly full" : "skipped: needs a mount namespace",
  async () => {
    const holdfast = new Holdfast({ "notes.txt": "" });
    mkdirSync(holdfast.home, { mode: 0o700 });
    const script = `mount -t tmpfs -o size=8m,mode=700 none ${holdfast.home} && "${process.execPath}" "${bin}" doctor --json`;
    const found = await holdfast.shell(`cd ${holdfast.root}; exec unshare -m /bin/sh -c '${script}'`).ended;
    expect(found.code).toBe(1);
    expect(wrong(found)["disk"]).toMatchObject({
      level: "problem",
      text: expect.stringMatching(/^[78] MiB free of 8 MiB /),
    });
  },
);
