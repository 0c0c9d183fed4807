import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Holdfast } from "./holdfast.ts";

async function post(url: string, token: string, n: number): Promise<Response> {
  return await fetch(`${url}/v1/events/alice`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "Idempotency-Key": `event-number-${String(n).padStart(8, "0")}`,
    },
    body: JSON.stringify({ n }),
  });
}

test("a relay is run, gets slots and tokens by the command, and outlives a kill with all of it", async () => {
  const holdfast = new Holdfast({ Procfile: "" });
  const urlOf = () => readFileSync(join(holdfast.home, "relay/url"), "utf8").trim();
  let relay = holdfast.start("relay", "run", "--listen", "127.0.0.1:0");
  await relay.prints("the relay listens at http://127.0.0.1:");
  expect(statSync(join(holdfast.home, "relay/admin-token")).mode & 0o777).toBe(0o600);

  expect(await holdfast.run("relay", "slot", "create", "alice")).toMatchObject({ code: 0, out: "alice\n" });
  const read = await holdfast.run("relay", "token", "mint", "--scope", "read", "--slot", "alice");
  const posting = ["--scope", "post", "--slot", "alice", "--sender", "bob", "--expires", "1h"];
  const sender = await holdfast.run("relay", "token", "mint", ...posting);
  expect([read.code, sender.code]).toEqual([0, 0]);
  expect(read.out).toMatch(/^hfr_[\w-]{43}\n$/);
  expect((await post(urlOf(), sender.out.trim(), 1)).status).toBe(201);

  const second = await holdfast.run("relay", "run", "--listen", "127.0.0.1:0");
  expect([second.code, second.err]).toEqual([73, expect.stringContaining("owns")]);

  relay.signal("SIGKILL");
  await relay.ended;
  relay = holdfast.start("relay", "run", "--listen", "127.0.0.1:0");
  await relay.prints("the relay listens at");
  expect((await post(urlOf(), sender.out.trim(), 1)).status).toBe(200);
  const headers = { Authorization: `Bearer ${read.out.trim()}` };
  const page = (await (await fetch(`${urlOf()}/v1/events/alice`, { headers })).json()) as {
    events: unknown[];
  };
  expect(page.events).toMatchObject([{ sender: "bob", envelope: '{"n":1}' }]);

  const list = JSON.parse(
    (await holdfast.run("relay", "token", "list", "--slot", "alice", "--json")).out,
  ) as {
    id: string;
    scope: string;
  }[];
  const reading = list.find(({ scope }) => scope === "read")?.id ?? "";
  expect((await holdfast.run("relay", "token", "revoke", reading)).code).toBe(0);
  expect((await fetch(`${urlOf()}/v1/events/alice`, { headers })).status).toBe(401);

  relay.signal("SIGTERM");
  expect((await relay.ended).code).toBe(0);
  expect((await holdfast.run("relay", "slot", "list")).code).toBe(1);
}, 60_000);

test.each([
  [["--trusted-proxy", "127.0.0.1"], [401]],
  [[], [401, 429]],
])(
  "a relay run with %j answers a thousand strangers, each of whom a proxy names, with %j",
  async (options, statuses) => {
    const holdfast = new Holdfast({ Procfile: "" });
    const relay = holdfast.start("relay", "run", "--listen", "127.0.0.1:0", ...options);
    await relay.prints("the relay listens at http://127.0.0.1:");
    const url = readFileSync(join(holdfast.home, "relay/url"), "utf8").trim();
    const askAs = async (from: string) =>
      (await fetch(`${url}/v1/slots`, { headers: { "X-Forwarded-For": from } })).status;
    const seen = new Set<number>();
    // One alone may ask 200 times, and 10 times a second.
    for (let net = 0; net < 20; net++) {
      const asked = Array.from({ length: 50 }, (_, host) => askAs(`198.51.${net}.${host}`));
      for (const status of await Promise.all(asked)) seen.add(status);
    }
    expect([...seen].sort()).toEqual(statuses);
    relay.signal("SIGTERM");
    expect((await relay.ended).code).toBe(0);
  },
  60_000,
);

test.each([
  [["relay", "tokens"], "relay cannot tokens", "did you mean token?"],
  [["relay", "run", "--listen", "8787"], "--listen 8787 is no address", "HOST:PORT"],
  [["relay", "run", "--nats", "127.0.0.1"], "--nats wakes relays that share a store", "--postgres"],
  [["relay", "run", "--tls-key", "k.pem"], "--tls-key and --tls-cert go together", ""],
  [["relay", "run", "--trusted-proxy", "10.0.0.0/33"], "--trusted-proxy 10.0.0.0/33 is no address", "unix"],
])("holdfast %j is refused with 2 and what to do", async (args, message, remedy) => {
  const ended = await new Holdfast({ Procfile: "" }).run(...args);
  expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(message)]);
  expect(ended.err).toContain(remedy);
});
