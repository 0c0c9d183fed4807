import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "@holdfast/runtime/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Circumstances, Finding } from "../src/doctor/finding.ts";
import { lookAtDaemon } from "../src/doctor/look-at-daemon.ts";
import { lookAtHome } from "../src/doctor/look-at-home.ts";
import { lookAtClock, lookAtEngine, lookAtNode, lookAtOpenFiles } from "../src/doctor/look-at-machine.ts";
import { lookAtManifest } from "../src/doctor/look-at-manifest.ts";
import { lookAtRelay } from "../src/doctor/look-at-relay.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon } from "./fake-daemon.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-doctor-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function circumstances(
  over: Partial<Circumstances> & { readonly variables?: Readonly<Record<string, string>> } = {},
): Circumstances {
  const { variables = {}, ...rest } = over;
  return {
    cli: new FakeCli({ home: root, directory: root, variables }),
    home: root,
    socket: join(root, "holdfast.sock"),
    holder: undefined,
    daemon: undefined,
    refused: undefined,
    ownVersion: "0.1.0",
    ...rest,
  };
}

const system = {
  ...{ pid: process.pid, version: "0.1.0", home: "", socket: "", http: null, since: "", onDemand: false },
  ...{ sampling: false },
} as unknown as NonNullable<Circumstances["daemon"]>["system"];

describe("the relay", () => {
  const joined = { relay: "https://relay.example", name: "laptop", key: "k", error: null, nodes: [] };
  const found = (remote: object): readonly Finding[] =>
    lookAtRelay(circumstances({ daemon: { system, apps: [], remote: remote as never } }));

  test("is told of once the machine has joined one", () => {
    expect(found({ ...joined, relay: null, state: "stopped" })).toEqual([]);
    expect(lookAtRelay(circumstances({ daemon: { system, apps: [] } }))).toEqual([]);
    expect(lookAtRelay(circumstances())).toEqual([]);
    expect(found({ ...joined, state: "connected" })).toMatchObject([
      { level: "ok", text: "laptop at https://relay.example, connected; 0 machines known" },
    ]);
  });

  test("that is away is a warning, and one that refuses the machine a problem, each with its remedy", () => {
    expect(found({ ...joined, state: "backoff", error: "it cannot be reached" })).toMatchObject([
      {
        level: "warning",
        text: "it cannot be reached",
        remedy: expect.stringContaining("curl https://relay.example/readyz"),
      },
    ]);
    expect(found({ ...joined, state: "unauthorised" })).toMatchObject([
      { level: "problem", remedy: expect.stringContaining("holdfast remote leave") },
    ]);
  });
});

describe("the home", () => {
  const isRoot = process.getuid?.() === 0;

  test.skipIf(!isRoot)(
    isRoot ? "of somebody else is a problem, and another one is to be named" : "skipped: needs root",
    () => {
      chownSync(root, 12_345, 12_345);
      expect(lookAtHome(circumstances())).toEqual([
        expect.objectContaining({
          level: "problem",
          text: `${root} belongs to user 12345, and you are 0`,
          remedy: "export HOLDFAST_HOME=~/.local/state/holdfast",
        }),
      ]);
    },
  );

  test.each([0o755, 0o770, 0o701, 0o704])("with mode %i is open to others", (mode) => {
    chmodSync(root, mode);
    expect(lookAtHome(circumstances())).toEqual([
      expect.objectContaining({
        level: "problem",
        text: `${root} is open to others (mode ${mode.toString(8)})`,
        remedy: `chmod 700 ${root}`,
      }),
    ]);
    chmodSync(root, 0o700);
    expect(lookAtHome(circumstances())).toEqual([
      { check: "home", level: "ok", text: `${root}, yours alone` },
    ]);
  });

  test("with a space in its name is quoted in the remedy", () => {
    const home = join(root, "a home");
    mkdirSync(home, { mode: 0o755 });
    expect(lookAtHome(circumstances({ home }))[0]?.remedy).toBe(`chmod 700 '${home}'`);
  });
});

describe("the daemon", () => {
  test("of another version is a warning, with the way to change daemons under running apps", async () => {
    await using daemon = await FakeDaemon.listen();
    const cli = new FakeCli({ home: daemon.home });
    await cli.run("doctor", "--json");
    const findings = JSON.parse(cli.stdout.text) as readonly Finding[];
    expect(findings.find(({ check }) => check === "daemon")).toMatchObject({ level: "ok" });
    expect(lookAtDaemon(circumstances({ daemon: { system, apps: [] }, ownVersion: "0.2.0" }))).toMatchObject([
      {
        level: "warning",
        text: "the daemon is version 0.1.0, this command 0.2.0",
        remedy: "holdfast daemon stop --keep-apps && holdfast daemon start",
      },
    ]);
  });

  test("that holds the home and refuses is a problem, with why", () => {
    expect(lookAtDaemon(circumstances({ holder: 77, refused: "it says nothing for 3 s" }))).toMatchObject([
      {
        level: "problem",
        text: `the daemon with pid 77 holds ${root}, but it says nothing for 3 s`,
        remedy: "kill -9 77 && holdfast daemon start",
      },
    ]);
  });

  test("with few open files is told of by its own limit", () => {
    const own = lookAtOpenFiles(circumstances({ daemon: { system, apps: [] } }));
    expect(own[0]?.text).toMatch(/^the daemon may have /);
    // A pid that is gone says nothing of its limits: then this session's count.
    const gone = { ...system, pid: 2 ** 22 + 1 };
    expect(lookAtOpenFiles(circumstances({ daemon: { system: gone, apps: [] } }))[0]?.text).toMatch(
      /^a daemon started from here may have /,
    );
  });
});

describe("the clock", () => {
  const at = (time: string): Circumstances => {
    const cli = Object.assign(new FakeCli({ home: root }), { clock: new VirtualClock(Date.parse(time)) });
    return circumstances({ cli });
  };

  test("before Holdfast was written is a problem", () => {
    expect(lookAtClock(at("1970-01-02T00:00:00Z"))).toMatchObject([
      { level: "problem", text: "it says 1970-01-02T00:00:00.000Z", remedy: "timedatectl status" },
    ]);
  });

  test("that was set back behind the state is a warning", () => {
    const written = new Date("2027-05-01T00:00:00Z");
    writeFileSync(join(root, "state.db"), "");
    utimesSync(join(root, "state.db"), written, written);
    expect(lookAtClock(at("2027-04-01T00:00:00Z"))).toMatchObject([
      { level: "warning", text: expect.stringContaining("2027-05-01"), remedy: "timedatectl status" },
    ]);
    expect(lookAtClock(at("2027-05-01T01:00:00Z"))).toMatchObject([{ level: "ok" }]);
  });
});

test("an engine is told of where it listens, or which of its commands is here", () => {
  const bin = join(root, "bin");
  mkdirSync(bin);
  const look = () =>
    lookAtEngine(circumstances({ variables: { PATH: bin, XDG_RUNTIME_DIR: root } }))[0]?.text ?? "";
  const elsewhere = look();
  if (!elsewhere.startsWith("an engine listens")) expect(elsewhere).toBe("no engine; processes need none");
  writeFileSync(join(bin, "docker"), "", { mode: 0o755 });
  if (!elsewhere.startsWith("an engine listens"))
    expect(look()).toContain("docker is here, and nothing behind it");
  writeFileSync(join(bin, "podman"), "", { mode: 0o755 });
  if (!elsewhere.startsWith("an engine listens")) expect(look()).toBe("podman is installed");
  writeFileSync(join(root, "docker.sock"), "");
  expect(look()).toContain(join(root, "docker.sock"));
});

test("a manifest's warnings are told, and what nothing is wrong with", () => {
  const file = join(root, "process-compose.yaml");
  writeFileSync(file, "processes:\n  web:\n    command: sleep 1\n    is_tty: true\n");
  const findings = lookAtManifest(circumstances());
  expect(findings).toMatchObject([
    { level: "ok", text: `${file}: 1 app` },
    { level: "warning", text: expect.stringMatching(/process-compose\.yaml:4:\d+: .*is_tty/) },
  ]);
  rmSync(file);
  expect(lookAtManifest(circumstances())).toEqual([
    { check: "manifest", level: "ok", text: `none in ${root}` },
  ]);
});

test("this Node is new enough", () => {
  expect(lookAtNode()).toMatchObject([{ level: "ok" }]);
});
