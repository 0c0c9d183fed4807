import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { formatAddress, parseAddress } from "@holdfast/relay";
import { type Clock, systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import type { RemoteRole } from "../../src/api/contract.ts";
import type { OwnMethod } from "../../src/api/params.ts";
import { schemas } from "../../src/api/params.ts";
import { formatPairCode, parsePairCode } from "../../src/remote/pair-codes.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { hastyClock, type Machine, machines } from "./machines.ts";

const targets = [{ project: "shop", name: "web" }];

async function paired(role: RemoteRole, clock?: Clock) {
  const all = await machines();
  const [server, laptop] = [await all.joined("server"), await all.joined("laptop", clock)];
  server.fake.daemon.apply(projectSpec([appSpec("web")]));
  const { code } = await server.local.call("remote.invite", { role });
  await laptop.local.call("remote.pair", { code });
  return { ...all, server, laptop, code };
}

const nodesOf = async (machine: Machine) => (await machine.local.call("remote.status", {})).nodes;

test("a machine that was paired calls, follows and changes as it may, in its own name", async () => {
  const { server, laptop } = await paired("operate");
  const there = await laptop.connect("server");
  expect((await there.call("apps.list", {})).map(({ name }) => name)).toEqual(["web"]);
  const events: string[] = [];
  const followed = await there.subscribe("events.follow", {}, ({ message }) => void events.push(message));
  const [operation] = await there.call("apps.stop", { targets, key: "k" });
  expect(operation?.by).toMatch(/^remote laptop \([\w-]{8}\)$/);
  await expect.poll(() => events.length > 0).toBeTruthy();
  expect(server.changes.at(-1)).toMatchObject({ method: "apps.stop", by: operation?.by, outcome: "done" });
  expect(server.calls().map(({ method }) => method)).toEqual(["apps.list", "events.follow", "apps.stop"]);
  await expect(there.call("apps.get", { project: "shop", name: "none" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await followed.cancel();
  expect((await nodesOf(server))[0]).toMatchObject({ name: "laptop", role: "operate", connections: 1 });
  expect((await nodesOf(laptop))[0]).toMatchObject({ name: "server", role: null, connections: 1 });
  there.close();
  await expect.poll(async () => (await nodesOf(server))[0]?.connections === 0).toBeTruthy();
  expect([server.errors, laptop.errors]).toEqual([[], []]);
});

test("a long reply comes whole, and twenty calls at once are each answered", async () => {
  const { server, laptop } = await paired("read");
  const names = Array.from({ length: 400 }, (_, at) => `app-with-a-long-name-${at}`);
  server.fake.daemon.apply(projectSpec(names.map((name) => appSpec(name))));
  const there = await laptop.connect("server");
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => there.call("apps.list", { project: "shop" })),
  );
  expect(new Set(replies.map((rows) => rows.length))).toEqual(new Set([401]));
});

/** What each role may not; written out, so that a new method is decided on. */
const forOperators: readonly OwnMethod[] = ["apps.start", "apps.stop", "apps.restart"];
const forAdministrators: readonly OwnMethod[] = [
  "system.shutdown",
  "apps.apply",
  "apps.remove",
  "sessions.invite",
  "sessions.revoke",
  "remote.join",
  "remote.leave",
  "remote.invite",
  "remote.pair",
  "remote.grant",
  "remote.forget",
];

test.each([
  ["read", [...forOperators, ...forAdministrators]],
  ["operate", forAdministrators],
  ["admin", []],
] as const)("who may %s is refused just what is beyond that", async (role, refused) => {
  const { server, laptop } = await paired(role);
  const there = await laptop.connect("server");
  const sample = { targets: [], spec: projectSpec([]), id: "x", role: "read", name: "laptop" };
  const kept: ReadonlySet<OwnMethod> = new Set([
    "remote.leave",
    "remote.forget",
    "remote.grant",
    "system.shutdown",
  ]);
  const found: OwnMethod[] = [];
  for (const method of Object.keys(schemas) as OwnMethod[]) {
    // What would end the connection is tried where it is refused.
    if (role === "admin" && kept.has(method)) continue;
    const params = Object.fromEntries(Object.entries(sample).filter(([name]) => accepts(method, name)));
    const outcome = await there.call(method, paramsOf(method, params) as never, { timeoutMs: 2_000 }).then(
      () => "done",
      (error: { readonly code: string }) => error.code,
    );
    if (outcome === "FORBIDDEN") found.push(method);
  }
  expect(found.toSorted()).toEqual(refused.toSorted());
  expect(server.changes.filter(({ by }) => by.startsWith("remote")).map(({ method }) => method)).not.toEqual(
    expect.arrayContaining(refused.length > 0 ? [...refused] : ["nothing"]),
  );
});

function accepts(method: OwnMethod, name: string): boolean {
  return Object.hasOwn((schemas[method] as { readonly entries?: object }).entries ?? {}, name);
}

function paramsOf(method: OwnMethod, params: object): object {
  const others: Partial<Record<OwnMethod, object>> = {
    "remote.join": { invitation: "x" },
    "remote.pair": { code: "x" },
    "operations.wait": { ids: [] },
    "apps.get": { project: "shop" },
    "apps.why": { project: "shop" },
    "apps.describe": { project: "shop" },
    "sessions.invite": { role: "read" },
    "remote.invite": { role: "read" },
  };
  return others[method] ?? params;
}

test("a code is good once, for its own machine, and until it ends", async () => {
  const { server, laptop, code, joined } = await paired("read");
  const other = await joined("other", hastyClock);
  await expect(other.local.call("remote.pair", { code })).rejects.toMatchObject({ code: "PAIRING_FAILED" });
  expect((await nodesOf(server)).map(({ name }) => name)).toEqual(["laptop"]);
  expect(await nodesOf(other)).toEqual([]);
  await expect(other.connect("server")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(server.local.call("remote.pair", { code })).rejects.toMatchObject({ code: "BAD_CODE" });
  await expect(laptop.local.call("remote.pair", { code: code.slice(0, -9) })).rejects.toMatchObject({
    code: "BAD_CODE",
  });
});

test("with a right address and a wrong secret nobody is let in, and is told so by silence", async () => {
  const { server, joined } = await paired("read");
  const thief = await joined("thief");
  const { code } = await server.local.call("remote.invite", { role: "admin" });
  const read = parsePairCode(code);
  const forged = formatPairCode({ ...read, secret: "A".repeat(22) });
  const asking = thief.local.call("remote.pair", { code: forged }, { timeoutMs: 3_000 });
  await expect(asking).rejects.toMatchObject({ code: "CALL_TIMED_OUT" });
  expect((await nodesOf(server)).map(({ name }) => name)).toEqual(["laptop"]);
});

test("what is granted holds for the next call, and what is taken away ends what is open", async () => {
  const { server, laptop } = await paired("read");
  const looking = await laptop.connect("server");
  await expect(looking.call("apps.stop", { targets })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await server.local.call("remote.grant", { name: "laptop", role: "operate" });
  expect((await looking.closed).message).toMatch(/was changed/);
  const there = await laptop.connect("server");
  expect(await there.call("apps.stop", { targets })).toHaveLength(1);
  await server.local.call("remote.grant", { name: "laptop" });
  await there.closed;
  await expect(laptop.connect("server")).rejects.toMatchObject({
    code: "FORBIDDEN",
    message: expect.stringContaining("not given a role"),
  });
});

test("who is forgotten is cut off, and can neither call nor write until it is paired anew", async () => {
  const { server, laptop, relay } = await paired("admin");
  const there = await laptop.connect("server");
  const route = () => {
    const book = JSON.parse(readFileSync(join(laptop.home, "remote/contacts.json"), "utf8")) as {
      contacts: { address: { route: { slot: string; token: string } } }[];
    };
    return book.contacts[0]?.address.route;
  };
  await server.local.call("remote.forget", { name: "laptop" });
  await there.closed;
  expect(await nodesOf(server)).toEqual([]);
  const { slot = "", token = "" } = route() ?? {};
  expect((await relay.post(slot, token, '{"n":1}')).status).toBe(401);
  const { code } = await server.local.call("remote.invite", { role: "read" });
  expect(await laptop.local.call("remote.pair", { code })).toEqual({ name: "server", role: "read" });
  expect(await (await laptop.connect("server")).call("apps.list", {})).toHaveLength(1);
});

test("two machines of one name are told apart, and each may name the other as it likes", async () => {
  const { server, joined, machine, invitation } = await paired("read");
  const second = await joined("laptop-2");
  const { code } = await server.local.call("remote.invite", { role: "read" });
  expect(await second.local.call("remote.pair", { code, name: "prod" })).toEqual({
    name: "prod",
    role: "read",
  });
  expect(await (await second.connect("prod")).call("apps.list", {})).toHaveLength(1);
  const third = await machine();
  await third.local.call("remote.join", { invitation: await invitation("third") });
  const again = await server.local.call("remote.invite", { role: "read" });
  await third.local.call("remote.pair", { code: again.code });
  const other = await joined("fourth");
  const own = await other.local.call("remote.invite", { role: "read" });
  await expect(third.local.call("remote.pair", { code: own.code, name: "server" })).rejects.toMatchObject({
    code: "CONFLICT",
    message: expect.stringContaining("--as"),
  });
  expect((await nodesOf(server)).map(({ name }) => name)).toEqual(["laptop", "laptop-2", "third"]);
});

test("a call that comes late is not done: neither after a restart, nor without the connection", async () => {
  const { server, laptop } = await paired("operate");
  const there = await laptop.connect("server");
  await there.call("apps.list", {});
  const next = await server.restart();
  next.fake.daemon.apply(projectSpec([appSpec("web")]));
  // The other end learns of it by itself; what it calls meanwhile is told to be of an ended connection.
  const outcome = await there
    .call("apps.stop", { targets })
    .catch((error: { readonly code: string }) => error.code);
  expect(outcome).toBe("CONNECTION_CLOSED");
  expect(next.changes).toEqual([]);
  expect(await (await laptop.connect("server")).call("apps.stop", { targets })).toHaveLength(1);
});

test("a machine that is away is said to be, by name and with what may be wrong", async () => {
  const { server, laptop } = await paired("operate", hastyClock);
  await server.stop();
  await expect(laptop.connect("server")).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    message: expect.stringMatching(/server did not answer in 15 s; its daemon does not run/),
  });
});

test("a relay that is away is said to be, soon", async () => {
  const { laptop, relay } = await paired("operate");
  await relay.relay.stop(0);
  const before = systemClock.monotonic();
  await expect(laptop.connect("server")).rejects.toMatchObject({
    code: "NODE_UNREACHABLE",
    message: expect.stringContaining("server cannot be reached"),
  });
  expect(systemClock.monotonic() - before).toBeLessThan(10_000);
});

test("an invitation is good once; a machine that leaves is a stranger there, and can join anew", async () => {
  const { laptop, server, machine, invitation, relay } = await paired("operate");
  const word = await invitation("tablet");
  const tablet = await machine();
  expect(await tablet.local.call("remote.join", { invitation: word })).toMatchObject({
    name: "tablet",
    relay: relay.url,
  });
  await expect((await machine()).local.call("remote.join", { invitation: word })).rejects.toMatchObject({
    code: "BAD_INVITATION",
  });
  await expect(tablet.local.call("remote.join", { invitation: word })).rejects.toMatchObject({
    code: "CONFLICT",
  });
  await expect(tablet.local.call("remote.join", { invitation: "hfj1_x" })).rejects.toMatchObject({
    code: "CONFLICT",
  });

  const { key } = await laptop.local.call("remote.status", {});
  await laptop.local.call("remote.leave", {});
  expect(await laptop.local.call("remote.status", {})).toMatchObject({
    relay: null,
    nodes: [],
    state: "stopped",
    key,
  });
  const tokens = await relay.ask("GET", "/v1/tokens?slot=laptop", { token: relay.admin });
  expect(tokens.json<{ tokens: unknown[] }>().tokens).toEqual([]);
  await expect(laptop.connect("server")).rejects.toMatchObject({ code: "NOT_JOINED" });
  await laptop.local.call("remote.join", { invitation: await invitation("laptop-again") });
  const { code } = await server.local.call("remote.invite", { role: "read" });
  expect(await laptop.local.call("remote.pair", { code })).toEqual({ name: "server", role: "read" });
  // The key is the same, so it is the same machine: it has the role of the new code, and no second entry.
  expect(await nodesOf(server)).toMatchObject([{ name: "laptop", role: "read" }]);
});

test("a machine that never joined has no file of it, and says how to", async () => {
  const { machine } = await machines();
  const alone = await machine();
  expect(await alone.local.call("remote.status", {})).toMatchObject({ relay: null, key: null, nodes: [] });
  for (const call of [
    alone.local.call("remote.invite", { role: "read" }),
    alone.local.call("remote.pair", { code: "x" }),
    alone.connect("server"),
  ]) {
    await expect(call).rejects.toMatchObject({
      code: "NOT_JOINED",
      message: expect.stringContaining("holdfast remote join"),
    });
  }
  expect(readdirSync(alone.home)).not.toContain("remote");
  await expect(alone.local.call("remote.join", { invitation: "nonsense" })).rejects.toMatchObject({
    code: "BAD_INVITATION",
  });
});

test("what it keeps is for its owner alone, and what goes over the relay tells nobody what is called", async () => {
  const { server, laptop, relay } = await paired("operate");
  const there = await laptop.connect("server");
  await there.call("apps.stop", { targets });
  const directory = join(server.home, "remote");
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(directory)) {
    expect([name, statSync(join(directory, name)).mode & 0o077]).toEqual([name, 0]);
  }
  const read = await relay.mint({ scope: "read", slot: "server" });
  const page = await relay.ask("GET", "/v1/events/server?limit=1000", { token: read });
  const payloads = page
    .json<{ events: { envelope: string }[] }>()
    .events.map(({ envelope }) => (JSON.parse(envelope) as { payload: string }).payload)
    .map((payload) => Buffer.from(payload, "base64").toString("utf8"));
  expect(payloads.length).toBeGreaterThanOrEqual(3);
  for (const payload of payloads) {
    expect(payload).not.toMatch(/apps\.stop|shop|hfa1_/);
    expect(JSON.parse(payload)).toMatchObject({ datacontenttype: "application/vnd.holdfast.sealed" });
  }
});

test("a code is read back as it was written, and nothing else is one", () => {
  const key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const address = parseAddress(
    formatAddress({ key, route: { url: "https://r", slot: "s", token: "t" } } as never),
  );
  const code = { secret: "a".repeat(22), name: "my.server-1", address };
  expect(parsePairCode(` ${formatPairCode(code)}\n`)).toEqual(code);
  for (const word of [
    "",
    "hfp1_",
    formatPairCode({ ...code, name: "a b" }),
    formatPairCode({ ...code, secret: "short" }),
  ]) {
    expect(() => parsePairCode(word)).toThrow("this is no code to pair with");
  }
});
