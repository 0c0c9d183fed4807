import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Address, formatAddress, memoryMailStore, RelayClient } from "@holdfast/relay";
import { nodeCrypto, nodeTransport, openIdentity } from "@holdfast/relay/node";
import { ShutdownToken, systemClock } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";
import { callType, pairType } from "../../src/remote/mail.ts";
import { parsePairCode } from "../../src/remote/pair-codes.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { type Machine, machines } from "./machines.ts";

/** Somebody with a client of their own, who writes whatever they like to a machine. */
async function attacker(to: Address) {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-attacker-"));
  const { signer, bodyKeys } = await openIdentity(join(directory, "identity"));
  const network = nodeTransport();
  const token = new ShutdownToken();
  let route = to.route;
  const client = new RelayClient({
    ...{ signer, crypto: nodeCrypto(), transport: network.request, store: memoryMailStore() },
    settings: { mailbox: () => undefined, routeTo: () => route },
    trust: { isPinned: () => false },
  });
  const ran = client.run(token);
  onTestFinished(async () => {
    token.cancel({ kind: "user-requested" });
    await ran;
    network[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });
  return {
    ...{ key: signer.publicKey, bodyKey: bodyKeys.publicKey },
    write: (type: string, data: unknown, sealTo = to.bodyKey ?? "") =>
      client.send({ to: to.key, type, data, sealTo }),
    through(other: Address) {
      ({ route } = other);
    },
  };
}

async function rig() {
  const all = await machines();
  const [server, laptop] = [await all.joined("server"), await all.joined("laptop")];
  server.fake.daemon.apply(projectSpec([appSpec("web")]));
  await laptop.local.call("remote.pair", {
    code: (await server.local.call("remote.invite", { role: "operate" })).code,
  });
  return { ...all, server, laptop };
}

const nodesOf = async (machine: Machine) => (await machine.local.call("remote.status", {})).nodes;
const targets = [{ project: "shop", name: "web" }];
const half = "A".repeat(22);
const call = (method: string) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { targets } });

test("who has a code's token and not its secret can neither call nor pair, and stops nobody else", async () => {
  const { server, laptop } = await rig();
  const { address } = parsePairCode((await server.local.call("remote.invite", { role: "admin" })).code);
  const mallory = await attacker(address);
  const own = formatAddress({ key: mallory.key, bodyKey: mallory.bodyKey, route: address.route });
  for (const data of [
    { kind: "ask", secret: half, name: "mallory", address: own },
    { kind: "ask", secret: "", name: "../x", address: own },
    { kind: "welcome", secret: half, name: "server", role: "admin", address: own },
    null,
    "text",
  ]) {
    await mallory.write(pairType, data);
  }
  await mallory.write(callType, { kind: "open", connection: half });
  await mallory.write(callType, {
    kind: "texts",
    connection: `${half}.${half}`,
    n: 1,
    texts: [call("apps.stop")],
    taken: 0,
  });
  await mallory.write("anything.else", { a: 1 });
  const there = await laptop.connect("server");
  expect(await there.call("apps.list", {})).toHaveLength(1);
  expect((await nodesOf(server)).map(({ name }) => name)).toEqual(["laptop"]);
  expect(server.changes.filter(({ by }) => by.includes("mallory"))).toEqual([]);
});

test("who has a code and gives another's address for its own is not let in, and the code stays good", async () => {
  const { server, laptop, joined } = await rig();
  const { code } = await server.local.call("remote.invite", { role: "admin" });
  const { address, secret } = parsePairCode(code);
  const mallory = await attacker(address);
  const key = (await laptop.local.call("remote.status", {})).key;
  const others = formatAddress({ key: key as never, bodyKey: mallory.bodyKey, route: address.route });
  await mallory.write(pairType, { kind: "ask", secret, name: "mallory", address: others });
  await mallory.write(pairType, { kind: "ask", secret, name: "mallory", address: "hfa1_nonsense" });
  const honest = await joined("honest");
  expect(await honest.local.call("remote.pair", { code })).toEqual({ name: "server", role: "admin" });
  expect((await nodesOf(server)).map(({ name }) => name)).toEqual(["laptop", "honest"]);
});

test("a machine that was paired is held to its role and its own connections, whatever it writes", async () => {
  const { server, laptop, relay } = await rig();
  const { code } = await server.local.call("remote.invite", { role: "read" });
  const { address, secret } = parsePairCode(code);
  const mallory = await attacker(address);
  const own = formatAddress({ key: mallory.key, bodyKey: mallory.bodyKey, route: address.route });
  await mallory.write(pairType, { kind: "ask", secret, name: "mallory", address: own });
  while ((await nodesOf(server)).every(({ name, role }) => name !== "mallory" || role === null)) {
    await systemClock.sleep(10);
  }
  // The token of the code has ended; it was given another one, which we make ourselves here.
  const token = await relay.mint({ scope: "post", slot: "server", sender: "mallory" });
  mallory.through({ ...address, route: { ...address.route, token } });
  const there = await laptop.connect("server");
  // Without an answer it has no connection, and that of others is not its own.
  for (const connection of [half, `${half}.${half}`, "not a name", 7]) {
    await mallory.write(callType, { kind: "texts", connection, n: 1, texts: [call("apps.stop")], taken: 0 });
    await mallory.write(callType, { kind: "close", connection });
    await mallory.write(callType, { kind: "opened", connection, role: "admin" });
  }
  for (const data of [
    { kind: "texts" },
    { kind: "constructor" },
    [],
    null,
    { kind: "open", connection: "short" },
  ]) {
    await mallory.write(callType, data);
  }
  for (let at = 0; at < 70; at++) {
    await mallory.write(callType, {
      kind: "open",
      connection: `${"B".repeat(20)}${String(at).padStart(2, "0")}`,
    });
  }
  while ((await nodesOf(server)).find(({ name }) => name === "mallory")?.connections !== 64)
    await systemClock.sleep(10);
  expect(await there.call("apps.stop", { targets })).toHaveLength(1);
  expect(server.changes.map(({ by }) => by.split(" ")[1])).not.toContain("mallory");
  expect(server.fake.states()).toMatchObject({ web: expect.stringMatching(/stopp/) });
});
