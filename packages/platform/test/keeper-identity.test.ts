import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HoldfastError, systemClock } from "@holdfast/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Launcher, type LaunchRequest, openLauncher } from "../src/launcher/index.ts";
import { RunDirectory } from "../src/run-directory.ts";
import { removeHome } from "../src/testing/remove-home.ts";

let home: string;
let runs: RunDirectory;
let launcher: Launcher;
let count = 0;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "holdfast-identity-"));
  runs = new RunDirectory(join(home, "run"), { clock: systemClock });
  launcher = await openLauncher({ runDirectory: runs, clock: systemClock, kind: "keeper" });
});

afterEach(async () => {
  await launcher[Symbol.asyncDispose]();
  runs.close();
  removeHome(home);
});

async function run(script: string, more: Partial<LaunchRequest> = {}): Promise<string> {
  const cookie = `app-${++count}`;
  const output = join(home, `${cookie}.log`);
  const env = { PATH: "/usr/bin:/bin" };
  await launcher.launch({ cookie, argv: ["/bin/sh", "-c", script], cwd: "/", env, output, ...more });
  await runs.exited(cookie);
  return readFileSync(output, "utf8");
}

async function failure(more: Partial<LaunchRequest>): Promise<string> {
  const error: unknown = await run("true", more).catch((thrown: unknown) => thrown);
  if (!(error instanceof HoldfastError)) throw new Error(`no HoldfastError but ${String(error)}`);
  expect(error.code).toBe("SPAWN_FAILED");
  return error.message;
}

const limitsOf = "grep -E '^Max (open files|core file size)' /proc/self/limits | tr -s ' '";

test("a program has the limits it is given, and the rest of its daemon's", async () => {
  const resourceLimits = [
    { resource: 7, soft: 123, hard: 456 },
    { resource: 4, soft: 0, hard: 0 },
  ] as const;
  expect(await run(limitsOf, { resourceLimits })).toBe(
    "Max core file size 0 0 bytes \nMax open files 123 456 files \n",
  );
  const own = readFileSync("/proc/self/limits", "latin1").replaceAll(/ +/g, " ").split("\n");
  const lines = (await run(limitsOf)).trim().split("\n");
  for (const line of lines) expect(own.map((each) => each.trim())).toContain(line.trim());
});

test("a limit that the kernel refuses is a failed launch", async () => {
  const resourceLimits = [{ resource: 99, soft: 1, hard: 1 }];
  expect(await failure({ resourceLimits })).toMatch(/its ulimits cannot be set \(EINVAL\)$/);
});

describe.runIf(process.getuid?.() === 0)("T8: as root", () => {
  const look = "id -u; id -g; id -G; grep NoNewPrivs /proc/self/status";

  test("a program of another user has its ids and groups, and gains no privileges by what it runs", async () => {
    expect(await run(look, { user: "nobody" })).toBe("65534\n65534\n65534\nNoNewPrivs:\t1\n");
    expect(await run(look, { user: "65534:1" })).toBe("65534\n1\n1\nNoNewPrivs:\t1\n");
    expect(await run("grep -E '^Cap(Eff|Prm)' /proc/self/status", { user: "nobody" })).toBe(
      "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n",
    );
  });

  test("a setuid program gives such a program nothing", async () => {
    await run("cp /usr/bin/id ./id; chmod 4755 ./id; chmod 711 .", { cwd: home });
    expect(await run(`${home}/id -u`, { user: "nobody" })).toBe("65534\n");
  });

  test("further groups are added, by name and number", async () => {
    const groups = (await run("id -G", { user: "nobody", groups: ["daemon", "4321"] })).trim().split(" ");
    expect(groups.map(Number).sort((one, other) => one - other)).toEqual([1, 4321, 65534]);
    expect((await run("id -u; id -G", { groups: ["4321"] })).trim().split("\n")).toEqual(["0", "0 4321"]);
  });

  test("a user and a group that are not there are each a failed launch that names them", async () => {
    expect(await failure({ user: "no-such-user" })).toMatch(
      /it cannot become the user no-such-user \(EINVAL\)$/,
    );
    expect(await failure({ user: "nobody:no-such-group" })).toContain("nobody:no-such-group (EINVAL)");
    expect(await failure({ groups: ["no-such-group"] })).toContain("with the groups no-such-group");
  });

  test("limits and a user go together", async () => {
    const resourceLimits = [{ resource: 7, soft: 60, hard: 61 }];
    expect(await run("ulimit -Sn; ulimit -Hn", { user: "nobody", resourceLimits })).toBe("60\n61\n");
  });
});
