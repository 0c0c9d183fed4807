import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@holdfast/runtime";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";
import { machinesInNamespaces, whyNoNamespaces } from "./namespaces.ts";

const shop = `name: shop
services:
  web:
    command: ["sh", "-c", "trap exit TERM; n=0; while :; do echo line $$n; n=$$((n+1)); sleep 0.1; done"]
  db:
    command: [sleep, "1000"]
`;

/** A relay, a server with apps, and a laptop that was paired with it. */
async function paired(
  role: string,
  {
    relay,
    server,
    laptop,
    listen,
    address,
  }: {
    readonly relay: Holdfast;
    readonly server: Holdfast;
    readonly laptop: Holdfast;
    readonly listen: string;
    readonly address?: string;
  },
) {
  const run = relay.start("relay", "run", "--listen", listen);
  await run.prints("the relay listens at");
  const invite = async (name: string): Promise<string> => {
    const at = address === undefined ? [] : ["--address", address];
    const { code, out, err } = await relay.run("relay", "invite", name, ...at);
    expect([code, err]).toEqual([0, expect.stringContaining(`on ${name}: holdfast remote join`)]);
    return out.trim();
  };
  expect(await server.run("up", "-d")).toMatchObject({ code: 0 });
  expect(await server.run("remote", "join", await invite("server"))).toMatchObject({ code: 0 });
  expect(await laptop.run("remote", "join", await invite("laptop"))).toMatchObject({ code: 0 });
  const given = await server.run("remote", "pair", "--role", role);
  expect(given).toMatchObject({ code: 0, out: expect.stringMatching(/^hfp1_\S+\n$/) });
  const used = await laptop.run("remote", "pair", given.out.trim());
  expect([used.code, used.err]).toEqual([0, expect.stringContaining("server is paired; this machine may")]);
  return run;
}

function homes() {
  const [relay, server, laptop] = [
    new Holdfast({ x: "" }),
    new Holdfast({ "holdfast.yaml": shop }),
    new Holdfast({ x: "" }),
  ];
  return { relay, server, laptop, listen: "127.0.0.1:0" };
}

async function drive(laptop: Holdfast, server: Holdfast): Promise<void> {
  const ps = await laptop.run("ps", "--node", "server");
  expect([ps.code, ps.err]).toEqual([0, ""]);
  expect(ps.out).toMatch(/web +running[\s\S]*db +running/);
  expect(await laptop.run("--node", "server", "stop", "db")).toMatchObject({ code: 0, err: "db stopped\n" });
  expect(await laptop.run("--node=server", "start", "db")).toMatchObject({ code: 0, err: "db started\n" });
  expect(await laptop.run("restart", "web", "--node", "server")).toMatchObject({
    code: 0,
    err: "web restarted\n",
  });
  const why = await laptop.run("why", "web", "--node", "server");
  expect(why.out).toMatch(/web is running[\s\S]*restart by remote laptop \([\w-]{8}\)/);
  const follow = laptop.start("logs", "-f", "-n", "1", "web", "--node", "server");
  await follow.prints("line 5");
  follow.signal("SIGINT");
  expect((await follow.ended).code).toBe(0);
  const lines = (await laptop.run("logs", "web", "--node", "server")).out.trimEnd().split("\n");
  expect(lines.slice(0, 3)).toEqual(["line 0", "line 1", "line 2"]);
  // Here and there the same is told of who did what.
  for (const [holdfast, ...node] of [[laptop, "--node", "server"], [server]] as const) {
    const log = (await holdfast.run("operations", ...node)).out;
    expect(log.match(/(stop|start|restart) +done .* remote laptop \([\w-]{8}\)/g)).toHaveLength(3);
  }
}

test("remote control: the apps of another machine are looked at, started and stopped by name", async () => {
  const { relay, server, laptop, listen } = homes();
  await paired("operate", { relay, server, laptop, listen });
  await drive(laptop, server);
  expect(await laptop.run("remove", "web", "--node", "server")).toMatchObject({
    code: 1,
    err: expect.stringContaining("this session may only start, stop and restart"),
  });
  expect(await laptop.run("ps", "--node", "servr")).toMatchObject({
    code: 1,
    err: "holdfast: no machine is called servr; did you mean server?\n",
  });
  expect(await laptop.run("up", "--node", "server")).toMatchObject({
    code: 2,
    err: expect.stringContaining("up works on this machine only\n  --node goes with ps, top, start"),
  });
  const status = await server.run("remote");
  expect(status.out).toMatch(/^name +server\nrelay +http:\/\/127\.0\.0\.1:\d+, connected\nkey/);
  expect(status.out).toMatch(/laptop +operate/);
  const calls = readFileSync(join(server.home, "remote-calls.log"), "utf8");
  expect(calls).toMatch(
    /"by":"remote laptop \([\w-]{8}\)","method":"apps.remove","about":\["shop\/web"\],"outcome":"FORBIDDEN"/,
  );
}, 90_000);

test("both daemons and the relay are killed under a follower: it ends and says why, and all of it works again", async () => {
  const { relay, server, laptop, listen } = homes();
  const first = await paired("operate", { relay, server, laptop, listen });
  const pidOf = async (holdfast: Holdfast): Promise<number> =>
    (JSON.parse((await holdfast.run("daemon", "status", "--json")).out) as { pid: number }).pid;

  const following = laptop.start("logs", "-f", "-n", "1", "web", "--node", "server");
  await following.prints("line");
  process.kill(await pidOf(server), "SIGKILL");
  expect(await server.run("daemon", "start")).toMatchObject({ code: 0 });
  const ended = await following.ended;
  expect([ended.code, ended.err]).toEqual([
    69,
    "holdfast: the connection to server ended: the daemon of server was started again; its apps run on\n",
  ]);

  process.kill(await pidOf(laptop), "SIGKILL");
  expect((await laptop.run("ps", "--node", "server")).out).toMatch(/web +running/);

  const url = readFileSync(join(relay.home, "relay/url"), "utf8").trim();
  first.signal("SIGKILL");
  await first.ended;
  const away = await laptop.run("ps", "--node", "server");
  expect([away.code, away.err]).toEqual([69, expect.stringContaining("server cannot be reached")]);
  const again = relay.start("relay", "run", "--listen", new URL(url).host);
  await again.prints("the relay listens at");
  const deadline = systemClock.monotonic() + 40_000;
  for (;;) {
    const back = await laptop.run("ps", "--node", "server");
    if (back.code === 0 || systemClock.monotonic() > deadline) {
      expect(back.out).toMatch(/web +running/);
      break;
    }
  }
}, 120_000);

test.skipIf(whyNoNamespaces !== undefined)(
  `two machines that reach nothing but the relay control each other (${whyNoNamespaces ?? "in network namespaces"})`,
  async () => {
    const { relay, server, laptop, relayAddress, reaches } = machinesInNamespaces(shop);
    // Neither has a way to the other.
    expect([reaches("laptop", "relay"), reaches("server", "relay")]).toEqual([true, true]);
    expect([reaches("laptop", "server"), reaches("server", "laptop")]).toEqual([false, false]);
    const [listen, address] = ["0.0.0.0:8787", `http://${relayAddress}:8787`];
    await paired("operate", { relay, server, laptop, listen, address });
    await drive(laptop, server);
  },
  120_000,
);

test.each([
  [["remote", "jion", "x"], "remote cannot jion", "did you mean join?"],
  [["remote", "join"], "remote join takes INVITATION", "--help"],
  [["remote", "pair"], "remote pair needs --role", "read|operate|admin"],
  [["remote", "pair", "--role", "operat"], "operat is no role", "did you mean operate?"],
  [["relay", "invite"], "relay invite needs a name", "holdfast relay invite laptop"],
  [["--node"], "--node stands before the command", ""],
])("holdfast %j is refused with 2 and what to do", async (args, message, remedy) => {
  const ended = await new Holdfast({ x: "" }).run(...args);
  expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(message)]);
  expect(ended.err).toContain(remedy);
});

test("a machine that has joined no relay says how to, whatever is asked of it", async () => {
  const alone = new Holdfast({ x: "" });
  expect(await alone.run("remote")).toMatchObject({
    code: 0,
    err: expect.stringContaining("holdfast relay invite NAME"),
  });
  const ps = await alone.run("ps", "--node", "server");
  expect([ps.code, ps.err]).toEqual([1, expect.stringContaining("holdfast remote join INVITATION")]);
});
