import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { secretsPath } from "../../src/runner/secret-files.ts";
import type { AppSpec, Secret } from "../../src/spec/app-spec.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { processesWith, type RealDaemon, realDaemon, until } from "./real-daemon.ts";

const mark = `HOLDFAST_TEST=${randomUUID()}`;
const value = `hunter2-${randomUUID()}`;
const isRoot = process.getuid?.() === 0;
const environment = { PATH: process.env["PATH"] ?? "", HOLDFAST_TEST: mark.split("=")[1] ?? "" };
const sh = (script: string): Pick<AppSpec, "command" | "environment"> => ({
  command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
  environment,
});

const daemons: RealDaemon[] = [];
afterEach(async () => {
  for (const each of daemons.splice(0)) {
    await each.end();
    rmSync(placeOf(each), { recursive: true, force: true });
  }
  expect(processesWith(mark)).toEqual([]);
});
async function open(options: Parameters<typeof realDaemon>[0] = {}): Promise<RealDaemon> {
  const opened = await realDaemon(options);
  daemons.push(opened);
  return opened;
}
const placeOf = ({ directory }: Pick<RealDaemon, "directory">): string =>
  secretsPath({ id: directory.replaceAll("/", "-"), path: directory }, {});
const copies = (real: RealDaemon): readonly string[] =>
  existsSync(placeOf(real)) ? readdirSync(placeOf(real)) : [];
const row = ({ daemon }: RealDaemon, name: string) => daemon.list().find((each) => each.name === name);
const inState = (real: RealDaemon, name: string, state: string): Promise<void> =>
  until(
    () => row(real, name)?.state === state,
    () => JSON.stringify(row(real, name)),
  );
const output = async ({ daemon }: RealDaemon): Promise<readonly string[]> =>
  (await daemon.logs.read(daemon.logSources([{ project: "shop" }]), {})).map(({ text }) => text);
function secret(real: RealDaemon, target: string, more: Partial<Secret> = {}): Secret {
  const file = join(real.directory, `${target}.txt`);
  writeFileSync(file, value, { mode: 0o600 });
  return { file, target, mode: 0o400, ...more };
}

test("an app finds its secrets by variable, as Compose says and as it likes, and the copies go with it", async () => {
  const real = await open();
  const script = `stat -c '%a %u' $DB_PASSWORD_FILE "$(dirname $DB_PASSWORD_FILE)"; cat $DB_PASSWORD_FILE | md5sum
    cmp $DB_PASSWORD_FILE $MINE && cmp $MINE $HOLDFAST_SECRETS/db-password && ls $HOLDFAST_SECRETS; stat -c %a $KEY_FILE
    echo $OWN_FILE $OTHER`;
  const app = appSpec("app", {
    ...sh(script),
    environment: {
      ...environment,
      MINE: "/run/secrets/db-password",
      OWN_FILE: "own",
      OTHER: "/run/secrets/none",
    },
    secrets: [secret(real, "db-password"), secret(real, "key", { mode: 0o440 }), secret(real, "own")],
  });
  real.daemon.apply(projectSpec([app]));
  await inState(real, "app", "completed");
  const uid = process.getuid?.();
  const sum = (await import("node:crypto")).createHash("md5").update(value).digest("hex");
  expect(await output(real)).toEqual([
    `400 ${uid}`,
    `500 ${uid}`,
    `${sum}  -`,
    "db-password",
    "key",
    "own",
    "440",
    "own /run/secrets/none",
  ]);
  expect(copies(real)).toEqual([]);
});

test("T14: the value of a secret is in no log, event, row, state or command line", async () => {
  const real = await open();
  real.daemon.apply(
    projectSpec([
      appSpec("app", { ...sh("test -r $S_FILE && exec sleep 100"), secrets: [secret(real, "s")] }),
      appSpec("broken", {
        ...sh("true"),
        secrets: [{ ...secret(real, "s"), file: join(real.directory, "none") }],
      }),
    ]),
  );
  await inState(real, "app", "running");
  await inState(real, "broken", "failed");
  await real.daemon.saved();
  const pid = row(real, "app")?.pid ?? 0;
  const texts = [
    JSON.stringify(real.daemon.list()),
    JSON.stringify(real.daemon.events.read(0)),
    (await output(real)).join("\n"),
    readFileSync(`/proc/${pid}/cmdline`, "latin1"),
    readFileSync(`/proc/${pid}/environ`, "latin1"),
    ...["state.db", "state.db-wal"].map((name) => readFileSync(join(real.directory, name), "latin1")),
  ];
  expect(texts.filter((text) => text.includes(value))).toEqual([]);
  // The look itself works: the path is where the value is not.
  expect(texts.filter((text) => text.includes("s.txt")).length).toBeGreaterThan(0);
});

test("a secret that cannot be read is a failed start that names it, and leaves no copy of the others", async () => {
  const real = await open();
  mkdirSync(join(real.directory, "folder"));
  const bad = (name: string, file: string): AppSpec =>
    appSpec(name, { ...sh("true"), secrets: [secret(real, "good"), { file, target: "bad", mode: 0o400 }] });
  real.daemon.apply(
    projectSpec([
      bad("missing", join(real.directory, "none")),
      bad("folder", join(real.directory, "folder")),
    ]),
  );
  await inState(real, "missing", "failed");
  await inState(real, "folder", "failed");
  expect(row(real, "missing")?.lastError).toBe(
    `its secret bad cannot be read from ${real.directory}/none: there is no such file`,
  );
  expect(row(real, "folder")?.lastError).toContain("its secret bad cannot be read");
  expect(copies(real)).toEqual([]);
});

test("each start reads the file anew", async () => {
  const real = await open();
  const app = appSpec("app", { ...sh("cat $S_FILE; echo"), secrets: [secret(real, "s")] });
  real.daemon.apply(projectSpec([app]));
  await inState(real, "app", "completed");
  writeFileSync(join(real.directory, "s.txt"), "changed");
  const [operation] = real.daemon.start([{ project: "shop", name: "app" }]);
  await real.daemon.operations.wait([operation?.id ?? ""]);
  await inState(real, "app", "completed");
  expect(await output(real)).toEqual([value, "changed"]);
});

test.runIf(isRoot)("T8: an app of another user can read its own secrets, and no other can", async () => {
  const real = await open();
  const tries = `cat $S_FILE > /dev/null && echo own; ls ${placeOf(real)} 2>/dev/null; for d in ${placeOf(real)}/*/; do cat $d/t 2>/dev/null; done; sleep 100`;
  real.daemon.apply(
    projectSpec([
      appSpec("other", { ...sh("sleep 100"), user: "daemon", secrets: [secret(real, "t")] }),
      appSpec("app", { ...sh(tries), user: "nobody", secrets: [secret(real, "s")] }),
    ]),
  );
  await inState(real, "other", "running");
  await until(
    () => row(real, "app")?.state === "running",
    () => JSON.stringify(row(real, "app")),
  );
  for (let looks = 0; (await output(real)).length === 0 && looks < 500; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await output(real)).toEqual(["own"]);
  const [first = ""] = copies(real);
  expect(statSync(join(placeOf(real), first)).mode & 0o777).toBe(0o500);
});

test("copies outlive the daemon with their app, and those of nobody are removed by the next one", async () => {
  const first = await realDaemon();
  const script = "while [ ! -e go ]; do sleep 0.01; done; cat $S_FILE; echo; sleep 100";
  const app = appSpec("app", { ...sh(script), workingDir: first.directory, secrets: [secret(first, "s")] });
  first.daemon.apply(projectSpec([app]));
  await inState(first, "app", "running");
  await first.abandon();
  mkdirSync(join(placeOf(first), "left-behind"), { recursive: true });
  const second = await open({ directory: first.directory });
  expect(copies(second)).toHaveLength(1);
  expect(copies(second)).not.toContain("left-behind");
  writeFileSync(join(first.directory, "go"), "");
  for (let looks = 0; (await output(second)).length === 0 && looks < 500; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await output(second)).toEqual([value]);
  const [operation] = second.daemon.stop([{ project: "shop" }]);
  await second.daemon.operations.wait([operation?.id ?? ""]);
  await until(
    () => copies(second).length === 0,
    () => copies(second).join(),
  );
});
