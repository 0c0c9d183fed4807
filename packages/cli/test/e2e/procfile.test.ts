import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

const spawnee = "#!/bin/sh\ntrap 'echo SIGNAL; exit 0' TERM\nwhile true; do sleep 0.1; done\n";
const spawner = "#!/bin/sh\necho spawning\nsh ./spawnee A &\nsh ./spawnee B &\nwait\n";

test("a Procfile's apps get their ports, its .env, their names, and UTF-8 comes through", async () => {
  await using holdfast = new Holdfast({
    Procfile: [
      "# the shop",
      "web:   echo web on $PORT as $PS says $GREETING",
      "other: echo other on $PORT",
      "utf8:  printf '\\303\\251t\\303\\251 \\342\\230\\203\\n'",
      "no colon here",
      "",
    ].join("\r\n"),
    ".env": "GREETING='hello there'\nPORT=6000\n",
  });
  const { code, out } = await holdfast.run("up");
  expect(out).toContain("web   | web on 6000 as web.1 says hello there");
  expect(out).toContain("other | other on 6100");
  expect(out).toContain("utf8  | été ☃");
  expect(code).toBe(0);
});

test("an app that never dies and one that spawns others are gone after Ctrl-C", async () => {
  await using holdfast = new Holdfast({
    Procfile: "neverdie: ./neverdie\nspawner: ./spawner\n",
    ".foreman": "timeout: 1\n",
    neverdie: "#!/bin/sh\ntrap '' TERM INT\necho immortal\nwhile true; do sleep 0.1; done\n",
    spawner,
    spawnee,
  });
  holdfast.makeExecutable("neverdie", "spawner");
  const up = holdfast.start("up");
  await up.prints("immortal");
  await up.prints("spawning");
  up.signal("SIGINT");
  const { code, err } = await up.ended;
  expect(holdfast.processes()).toEqual([]);
  expect(err).toContain("neverdie is stopped");
  expect(code).toBe(0);
});

test("a failing app of a Procfile is restarted, and with --abort-on-exit it ends all", async () => {
  await using holdfast = new Holdfast({
    Procfile: "error: echo boom >&2; exit 1\nsteady: sleep 1000\n",
  });
  const up = holdfast.start("up");
  await up.prints("error exited with code 1; restart 2");
  up.signal("SIGINT");
  await up.ended;
  const aborted = await holdfast.run("up", "--abort-on-exit");
  expect(aborted.code).toBe(1);
  expect(aborted.out).toContain("error  | boom");
  expect(holdfast.processes()).toEqual([]);
});

test("a Procfile without a colon is refused with its place", async () => {
  await using holdfast = new Holdfast({ Procfile: "ticker ./ticker $PORT\nerror  ./error\n" });
  const { code, err } = await holdfast.run("up");
  expect(code).toBe(2);
  expect(err).toContain("Procfile:1:1:");
  expect(holdfast.processes()).toEqual([]);
});
