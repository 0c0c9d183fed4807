import { describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { arithmetic } from "../../../rpc/test/arithmetic.ts";
import { exchanges } from "../../../rpc/test/specification-exchanges.ts";
import type { ApiTable } from "../../src/api/table.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { httpRig, token } from "./http-rig.ts";

const call = (method: string, params: unknown = {}) =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
const info = call("system.healthz");
const errorOf = (text: string): unknown =>
  (JSON.parse(text) as { error?: { data?: { code?: unknown } } }).error?.data?.code;

/** The texts that a socket gets, in order. */
function texts(socket: WebSocket): readonly string[] {
  const all: string[] = [];
  socket.on("message", (data: Buffer) => all.push(data.toString()));
  return all;
}

describe("who is let in", () => {
  test("everything but /healthz and the dashboard's own files needs the token", async () => {
    const { ask, post, openWebSocket } = await httpRig();
    expect(await ask("/healthz", { token: null })).toMatchObject({ status: 200, text: "ok\n" });
    for (const path of ["/session", "/logout", "/rpc", "/events", "/readyz", "/metrics", "/ws", "/nowhere"]) {
      expect([path, (await ask(path, { token: null })).status]).toEqual([path, 401]);
      expect([path, (await ask(path, { token: "ab".repeat(31) })).status]).toEqual([path, 401]);
    }
    expect((await post(info, { token: null })).status).toBe(401);
    expect(await openWebSocket({})).toBe(401);
    expect((await post(info)).status).toBe(200);
  });

  test("T3: a token in the query, or in another scheme, is none", async () => {
    const { ask, openWebSocket } = await httpRig();
    expect((await ask(`/readyz?token=${token}`, { token: null })).status).toBe(401);
    const basic = `Basic ${Buffer.from(`:${token}`).toString("base64")}`;
    expect((await ask("/readyz", { token: null, headers: { Authorization: basic } })).status).toBe(401);
    expect(await openWebSocket({ Cookie: `holdfast=${token}` })).toBe(401);
  });

  test("a browser gets in with a code, once, and then by its cookie", async () => {
    const { ask, sessions, server } = await httpRig();
    const code = sessions.makeCode("operate");
    const logIn = () =>
      ask("/login", {
        method: "POST",
        token: null,
        body: JSON.stringify({ code }),
        headers: { "Content-Type": "application/json", Origin: server.url, "Sec-Fetch-Site": "same-origin" },
      });
    const first = await logIn();
    expect(first.status).toBe(200);
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^holdfast-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=2592000$/);
    const headers = { Cookie: `other=1; ${cookie.split(";")[0]}` };
    expect((await ask("/readyz", { token: null, headers })).status).toBe(200);
    expect((await logIn()).status).toBe(401);
    sessions.revoke(sessions.list()[0]?.id ?? "");
    expect((await ask("/readyz", { token: null, headers })).status).toBe(401);
  });

  test("a session that may look can look and not touch", async () => {
    const { sessions, post, server, fake } = await httpRig();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    const secret = sessions.logIn(sessions.makeCode("read"))?.secret ?? "";
    const as = { token: null, headers: { Cookie: `holdfast-${server.port}=${secret}` } };
    expect((await post(call("apps.list"), as)).text).toContain('"name":"web"');
    const stop = await post(call("apps.stop", { targets: [{ project: "shop" }] }), as);
    expect([stop.status, errorOf(stop.text)]).toEqual([200, "FORBIDDEN"]);
    expect(errorOf((await post(call("sessions.invite"), as)).text)).toBe("FORBIDDEN");
  });
});

describe("pages of other sites", () => {
  test("T1: a name that leads here is refused before anything else, also for /healthz and the WebSocket", async () => {
    const { ask, openWebSocket } = await httpRig();
    const headers = { Host: "evil.example" };
    for (const path of ["/healthz", "/rpc", "/login", "/events"]) {
      expect([path, (await ask(path, { headers })).status]).toEqual([path, 421]);
    }
    expect(await openWebSocket({ Authorization: `Bearer ${token}`, ...headers })).toBe(421);
  });

  test("T1: no Host, an empty one and two of them are refused", async () => {
    const { raw } = await httpRig();
    const statusOf = async (head: string) => (await raw(`${head}\r\nConnection: close\r\n\r\n`)).slice(9, 12);
    expect(await statusOf("GET /healthz HTTP/1.1")).toBe("421");
    expect(await statusOf("GET /healthz HTTP/1.0")).toBe("421");
    expect(await statusOf("GET /healthz HTTP/1.1\r\nHost:")).toBe("421");
    expect(await statusOf("GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost")).not.toBe("200");
    expect(await statusOf("GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost")).toBe("421");
    expect(await statusOf("GET /healthz HTTP/1.1\r\nHost: localhost")).toBe("200");
  });

  test("T2: another Origin is refused with the right token too, for calls and for the WebSocket", async () => {
    const { post, openWebSocket, server } = await httpRig();
    for (const origin of ["http://evil.example", "null", `http://localhost:${server.port + 1}`]) {
      expect((await post(info, { headers: { Origin: origin } })).status).toBe(403);
      expect(await openWebSocket({ Authorization: `Bearer ${token}`, Origin: origin })).toBe(403);
    }
    expect((await post(info, { headers: { Origin: `http://localhost:${server.port}` } })).status).toBe(200);
    expect((await post(info, { headers: { "Sec-Fetch-Site": "cross-site" } })).status).toBe(403);
  });

  test("T2: what a form can send is refused: GET, and any type but JSON", async () => {
    const { ask, post } = await httpRig();
    expect((await ask("/rpc")).status).toBe(405);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "application/jsonx",
    ]) {
      expect((await post(info, { headers: { "Content-Type": type } })).status).toBe(415);
    }
    const utf8 = { "Content-Type": "application/json; charset=utf-8" };
    expect((await post(info, { headers: utf8 })).status).toBe(200);
  });

  test("every reply forbids framing, sniffing, caching and foreign content, and allows no other origin", async () => {
    const { ask } = await httpRig();
    for (const path of ["/healthz", "/nowhere"]) {
      const { headers } = await ask(path);
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });
});

describe("calls", () => {
  const table = arithmetic as unknown as ApiTable;

  test.each(exchanges)("JSON-RPC §7 over HTTP: %s", async (_, request, replies) => {
    const { post } = await httpRig({ table });
    const { status, text } = await post(request);
    expect([status, text === "" ? [] : [JSON.parse(text)]]).toEqual([
      replies.length === 0 ? 204 : 200,
      replies,
    ]);
  });

  test.each(exchanges)("JSON-RPC §7 over the WebSocket: %s", async (_, request, replies) => {
    const socket = (await (await httpRig({ table })).openWebSocket()) as WebSocket;
    const got = texts(socket);
    socket.send(request);
    socket.send('{"jsonrpc":"2.0","method":"sum","params":[1],"id":"last"}');
    await expect.poll(() => got.some((text) => text.includes('"last"'))).toBeTruthy();
    expect(got.map((text) => JSON.parse(text)).filter(({ id }) => id !== "last")).toEqual(replies);
  });

  test("a change is answered when it is on the disk, and names who asked for it", async () => {
    const { ask, post, fake } = await httpRig();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(100);
    let isAnswered = false;
    const answer = post(call("apps.stop", { targets: [{ project: "shop" }], key: "k" }));
    await expect.poll(() => fake.daemon.operations.list().some(({ kind }) => kind === "stop")).toBeTruthy();
    void answer.then(() => {
      isAnswered = true;
    });
    await ask("/healthz");
    expect(isAnswered).toBe(false);
    await fake.clock.advance(1);
    const [operation] = (JSON.parse((await answer).text) as { result: { id: string; by: string }[] }).result;
    expect(operation?.by).toBe("token");
    expect(fake.database.kept.operations.find(({ id }) => id === operation?.id)).toMatchObject({ key: "k" });
  });

  test("a subscription over a POST is refused, with where to go", async () => {
    const { post } = await httpRig();
    expect((await post(call("events.follow"))).text).toContain("the WebSocket at /ws");
  });

  test("T7, T12: too large, too deep, too many at once: refused, and the next call is answered", async () => {
    const { post, raw, errors } = await httpRig();
    expect((await post(`"${"a".repeat(1_048_576)}"`)).status).toBe(413);
    const chunked = `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `80000\r\n${"a".repeat(0x80000)}\r\n`;
    expect(await raw(`${chunked}${chunk.repeat(3)}0\r\n\r\n`)).toContain("413");
    expect((await post("[".repeat(20_000))).text).toContain("-32700");
    expect((await post(`[${Array(101).fill(info).join()}]`)).text).toContain("more than 100 in a batch");
    expect((await post(info)).status).toBe(200);
    expect(errors).toEqual([]);
  });

  test("T12: a client that dawdles over its headers is cut off", async () => {
    const { raw } = await httpRig({ headersTimeoutMs: 200 });
    expect(await raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ")).not.toContain("200 OK");
  });

  test("F16: a frame that is too large, and a binary one, close their own socket and nobody else's", async () => {
    const { openWebSocket, ask } = await httpRig();
    for (const frame of ["a".repeat(2_000_000), Buffer.from([1, 2, 3])]) {
      const socket = (await openWebSocket()) as WebSocket;
      const closed = new Promise<number>((resolve) => void socket.once("close", resolve));
      socket.send(frame);
      expect([1003, 1009]).toContain(await closed);
    }
    expect((await ask("/healthz")).status).toBe(200);
  });
});

describe("events", () => {
  const eventsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

  test("are streamed with their numbers, go on after Last-Event-ID, and none is missing", async () => {
    const { follow, fake, server } = await httpRig();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await fake.clock.advance(100);
    const all = fake.daemon.events.read(0).map(({ seq }) => seq);
    const [whole, rest] = [await follow("0"), await follow(`${all[1]}`)];
    fake.daemon.stop([{ project: "shop" }]);
    await fake.clock.advance(100);
    const after = fake.daemon.events.read(0).map(({ seq }) => seq);
    expect(after.length).toBeGreaterThan(all.length);
    await expect
      .poll(() => whole().includes(`id: ${after.at(-1)}`) && rest().includes(`id: ${after.at(-1)}`))
      .toBeTruthy();
    expect(eventsOf(whole())).toEqual(after);
    expect(eventsOf(rest())).toEqual(after.slice(2));
    await server[Symbol.asyncDispose]();
  });

  test("a number that is none is refused", async () => {
    const { ask } = await httpRig();
    expect((await ask("/events?after=x")).status).toBe(400);
    expect((await ask("/events", { method: "HEAD" })).status).toBe(405);
  });

  test("are followed over the WebSocket, after the reply that names the subscription", async () => {
    const { openWebSocket, fake } = await httpRig();
    const socket = (await openWebSocket()) as WebSocket;
    const got = texts(socket);
    socket.send(call("events.follow", { after: 0 }));
    await expect.poll(() => got.length > 0).toBeTruthy();
    fake.daemon.apply(projectSpec([appSpec("web")]));
    await expect.poll(() => got.length > 2).toBeTruthy();
    expect(got[0]).toContain('"subscription":"1"');
    expect(got[1]).toContain('"project":"shop"');
  });
});

test("metrics are OpenMetrics: every app, whatever its name, in one state", async () => {
  const { ask, fake } = await httpRig();
  fake.daemon.apply(projectSpec([appSpec("web"), appSpec("job", { replicas: 2 })]));
  await fake.clock.advance(100);
  const { text, headers } = await ask("/metrics");
  expect(headers["content-type"]).toContain("application/openmetrics-text");
  expect(text.endsWith("# EOF\n")).toBe(true);
  expect(text).toContain(
    'holdfast_app_state{project="shop",app="job",instance="2",holdfast_app_state="running"} 1',
  );
  expect(text.match(/^holdfast_app_state\{.*\} 1$/gm)).toHaveLength(3);
  for (const line of text.split("\n").filter((each) => each !== "" && !each.startsWith("#"))) {
    expect(line).toMatch(/^[a-z_]+(\{([a-z_]+="[^"\n]*",?)+\})? -?[0-9.]+(e[+-]?\d+)?$/);
  }
});
