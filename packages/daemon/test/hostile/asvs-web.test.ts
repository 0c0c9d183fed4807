/** The items of OWASP ASVS 5.0 about browsers and the API, as in `asvs.test.ts`: V3 and V4. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { WebSocket } from "ws";
import { httpRig, token } from "../http/http-rig.ts";
import { cookieOf, onlyWindow, ping } from "./asvs-rig.ts";

describe("V3 Web Frontend Security", () => {
  test("3.3.1: the cookie has no Secure, since it never leaves the loopback; anything else is not served", async () => {
    const rig = await httpRig();
    expect(await cookieOf(rig)).not.toContain("Secure");
    expect(rig.server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test("3.3.2: the cookie is sent with requests of our own pages alone", async () => {
    expect(await cookieOf(await httpRig())).toContain("SameSite=Strict");
  });

  test("3.3.3: the cookie is for this host alone, and named after its port: __Host- needs TLS", async () => {
    const rig = await httpRig();
    const cookie = await cookieOf(rig);
    expect(cookie).toMatch(new RegExp(`^holdfast-${rig.server.port}=`));
    expect([cookie.includes("Domain="), cookie.includes("Path=/;")]).toEqual([false, true]);
  });

  test("3.3.4: scripts cannot read the cookie, and it is told in Set-Cookie alone", async () => {
    const rig = await httpRig();
    expect(await cookieOf(rig)).toContain("HttpOnly");
    const secret = (await cookieOf(rig)).split(";")[0]?.split("=")[1] ?? "";
    const headers = { Cookie: `holdfast-${rig.server.port}=${secret}` };
    expect((await rig.ask("/session", { token: null, headers })).text).not.toContain(secret);
  });

  test("3.5.1: a request with a cookie and no sign of coming from our own page is refused or harmless", async () => {
    const rig = await httpRig();
    const headers = { Cookie: (await cookieOf(rig)).split(";")[0] ?? "", Origin: "http://evil.example" };
    expect((await rig.post(ping, { token: null, headers })).status).toBe(403);
  });

  test("3.5.2: no request that a page can send without asking first is taken", async () => {
    const rig = await httpRig();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
      expect((await rig.post(ping, { headers: { "Content-Type": type } })).status).toBe(415);
    const preflight = await rig.ask("/rpc", {
      method: "OPTIONS",
      headers: { Origin: "http://evil.example" },
    });
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });

  test("3.5.3: what changes something is a POST", async () => {
    const rig = await httpRig();
    for (const path of ["/rpc", "/login", "/logout"])
      expect([path, (await rig.ask(`${path}?method=apps.stop`)).status]).toEqual([path, 405]);
  });

  test("3.5.5: nothing listens to messages of other windows", () => {
    const pages = new URL("../../../web/src", import.meta.url).pathname;
    for (const file of readdirSync(pages, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.tsx?$/.test(name),
    ))
      expect([
        file,
        /addEventListener\(\s*["'`]message["'`]|onmessage/.test(
          onlyWindow(readFileSync(join(pages, file), "utf8")),
        ),
      ]).toEqual([file, false]);
  });

  test("3.5.7: no answer with anybody's data is a script", async () => {
    const rig = await httpRig();
    for (const path of ["/readyz", "/metrics", "/session"]) {
      const { headers } = await rig.ask(path);
      expect([path, String(headers["content-type"])]).toEqual([
        path,
        expect.not.stringContaining("javascript"),
      ]);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  test("3.5.8: other sites cannot load what is ours", async () => {
    const rig = await httpRig();
    const { headers } = await rig.ask("/healthz");
    expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
    for (const site of ["cross-site", "same-site"])
      expect((await rig.ask("/metrics", { headers: { "Sec-Fetch-Site": site } })).status).toBe(403);
  });
});

describe("V4 API and Web Service", () => {
  test("4.1.1: every answer with a body says what it is", async () => {
    const rig = await httpRig();
    for (const path of ["/healthz", "/readyz", "/metrics", "/nowhere", "/rpc"]) {
      const { headers, text } = await rig.ask(path);
      if (text !== "")
        expect([path, headers["content-type"]]).toEqual([path, expect.stringMatching(/json|charset=utf-8/)]);
    }
    expect((await rig.post(ping)).headers["content-type"]).toBe("application/json");
  });

  test("4.1.3: what intermediaries say of a client is not believed: there are none", async () => {
    const rig = await httpRig();
    const headers = {
      "X-Forwarded-For": "127.0.0.1",
      "X-Forwarded-Host": "localhost",
      "X-Real-IP": "127.0.0.1",
      Forwarded: "for=127.0.0.1;host=localhost",
      "X-Forwarded-User": "root",
    };
    expect((await rig.post(ping, { token: null, headers })).status).toBe(401);
    expect((await rig.post(ping, { headers: { ...headers, Host: "evil.example" } })).status).toBe(421);
  });

  test("4.1.4: methods that nothing needs are refused, also by another name", async () => {
    const rig = await httpRig();
    for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
      expect([method, (await rig.ask("/rpc", { method })).status]).toEqual([method, 405]);
    const override = { "X-HTTP-Method-Override": "POST", "Content-Type": "application/json" };
    expect((await rig.ask("/rpc", { headers: override })).status).toBe(405);
  });

  test("4.2.1: a request whose length is said twice, or in two ways, is none", async () => {
    const { raw } = await httpRig();
    const head = `POST /rpc HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    for (const lengths of [
      "Content-Length: 5\r\nTransfer-Encoding: chunked",
      "Content-Length: 5\r\nContent-Length: 50",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: xchunked",
      "Content-Length: +5",
      "Content-Length: 0x5",
    ]) {
      const answer = await raw(
        `${head}${lengths}\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      // One refusal, or the end without a word, and never an answer to what is hidden behind.
      expect([lengths, answer.split("HTTP/1.1 ").length <= 2, answer.includes(" 200 ")]).toEqual([
        lengths,
        true,
        false,
      ]);
    }
  });

  test("4.4.1: the WebSocket is in plain text on the loopback, and nowhere else", async () => {
    const rig = await httpRig();
    expect(new URL(rig.server.url).hostname).toBe("127.0.0.1");
  });

  test("4.4.2: a WebSocket of another site is refused at its handshake", async () => {
    const rig = await httpRig();
    const headers = { Authorization: `Bearer ${token}`, Origin: "http://evil.example" };
    expect(await rig.openWebSocket(headers)).toBe(403);
    expect(await rig.openWebSocket({ ...headers, Origin: "null" })).toBe(403);
  });

  test("4.4.3: a WebSocket has no token of its own: it is let in by the session or the token, or not at all", async () => {
    const rig = await httpRig();
    expect(await rig.openWebSocket({})).toBe(401);
    const Cookie = (await cookieOf(rig)).split(";")[0] ?? "";
    expect(typeof (await rig.openWebSocket({ Cookie, Origin: rig.server.url }))).toBe("object");
  });

  test("4.4.4: a session that ends takes its WebSocket with it", async () => {
    const rig = await httpRig();
    const Cookie = (await cookieOf(rig)).split(";")[0] ?? "";
    const socket = (await rig.openWebSocket({ Cookie, Origin: rig.server.url })) as WebSocket;
    const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
    const headers = { Cookie, Origin: rig.server.url, "Content-Type": "application/json" };
    await rig.ask("/logout", { method: "POST", token: null, body: "{}", headers });
    await closed;
    expect(await rig.openWebSocket({ Cookie, Origin: rig.server.url })).toBe(401);
  });
});
