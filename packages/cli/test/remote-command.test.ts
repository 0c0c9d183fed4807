import { expect, onTestFinished, test } from "vitest";
import { start } from "./app-row.ts";
import { FakeCli } from "./fake-cli.ts";
import { FakeDaemon } from "./fake-daemon.ts";

async function rig() {
  const daemon = await FakeDaemon.listen();
  onTestFinished(async () => await daemon[Symbol.asyncDispose]());
  const cli = new FakeCli({ home: daemon.home });
  const asked = () => daemon.calls.filter(({ method }) => method.startsWith("remote.")).at(-1);
  return { daemon, cli, asked };
}

test("the machines are listed with what they may do here, and how it stands with the relay", async () => {
  const { daemon, cli } = await rig();
  expect(await cli.run("remote")).toBe(0);
  expect(cli.stderr.text).toContain("This machine has joined no relay.");
  daemon.remote = {
    ...{ relay: "https://relay.example", name: "laptop", key: "KEY", state: "backoff", error: "it is away" },
    nodes: [
      { name: "server", key: "K1", role: null, connections: 2, heard: start },
      { name: "tablet", key: "K2", role: "read", connections: 0, heard: null },
    ],
  };
  expect(await cli.run("remote", "list")).toBe(0);
  expect(cli.stdout.text).toContain("relay   https://relay.example, backoff: it is away\nkey     KEY\n");
  expect(cli.stdout.text).toMatch(/server +nothing +2 +\S+ ago +K1\ntablet +read +K2/);
  cli.stdout.text = "";
  expect(await cli.run("remote", "--json")).toBe(0);
  expect(JSON.parse(cli.stdout.text)).toEqual(daemon.remote);
});

test("a secret word may be piped in, and is asked of the daemon as it was given", async () => {
  const { cli, asked } = await rig();
  cli.piped = "hfj1_word\n";
  expect(await cli.run("remote", "join", "-")).toBe(0);
  expect(asked()).toEqual({ method: "remote.join", params: { invitation: "hfj1_word" } });
  cli.piped = " hfp1_code\n";
  expect(await cli.run("remote", "pair", "-", "--as", "prod")).toBe(0);
  expect(asked()).toEqual({ method: "remote.pair", params: { code: "hfp1_code", name: "prod" } });
  expect(cli.stderr.text).toContain("prod is paired; this machine may look, start, stop and restart there");
});

test("only the code goes to stdout, so that it can be piped to where it is used", async () => {
  const { cli, asked } = await rig();
  expect(await cli.run("remote", "pair", "--role", "read")).toBe(0);
  expect(asked()).toEqual({ method: "remote.invite", params: { role: "read" } });
  expect(cli.stdout.text).toBe("hfp1_code\n");
  expect(cli.stderr.text).toContain("whoever uses it may look here");
});

test("roles are granted and taken away, machines forgotten, the relay left", async () => {
  const { cli, asked } = await rig();
  expect(await cli.run("remote", "grant", "tablet", "admin")).toBe(0);
  expect(asked()).toEqual({ method: "remote.grant", params: { name: "tablet", role: "admin" } });
  expect(await cli.run("remote", "grant", "tablet", "none")).toBe(0);
  expect(asked()).toEqual({ method: "remote.grant", params: { name: "tablet" } });
  expect(await cli.run("remote", "forget", "tablet")).toBe(0);
  expect(asked()).toEqual({ method: "remote.forget", params: { name: "tablet" } });
  expect(await cli.run("remote", "leave")).toBe(0);
  expect(asked()?.method).toBe("remote.leave");
  expect(cli.stderr.text).toBe(
    "tablet may do everything here\ntablet may do nothing here\ntablet is forgotten\n" +
      "this machine has left the relay, and forgotten every other one\n",
  );
});

test.each([
  [["remote", "pair", "hfp1_x", "--role", "read"], "--role is said where the code is made"],
  [["remote", "pair", "--role", "read", "--as", "x"], "--as is said where the code is used"],
  [["remote", "grant", "tablet", "boss"], "boss is no role"],
  [["remote", "forget", "a", "b"], "remote forget takes NAME"],
])("%j is refused, and nothing is asked", async (args, message) => {
  const { cli, asked } = await rig();
  expect(await cli.run(...args)).toBe(2);
  expect(cli.stderr.text).toContain(message);
  expect(asked()).toBeUndefined();
});
