import { expect, test } from "vitest";
import { hostVerdict, originVerdict } from "../../src/http/host-rule.ts";

const host = (value: string, url = "/rpc") => ({ url, rawHeaders: ["Host", value] });

test.each([
  "127.0.0.1",
  "127.0.0.1:7000",
  "127.1.2.3:80",
  "localhost",
  "LOCALHOST:7000",
  "web.localhost:7000",
  "[::1]",
  "[::1]:7000",
  "box.example:7000",
])("T1: Host %s is ours", (value) => {
  expect(hostVerdict(host(value), ["box.example"])).toEqual({ ok: true });
});

test.each([
  "evil.example",
  "evil.example:7000",
  "localhost.evil.example",
  "127.0.0.1.evil.example",
  "notlocalhost",
  "xlocalhost:7000",
  "box.example.evil",
  "128.0.0.1",
  "10.0.0.1",
  "192.168.1.2:7000",
  "0.0.0.0",
  "0",
  "127.0.0.256",
  "127.0.0.1.1",
  "127.1",
  "2130706433",
  "0x7f.0.0.1",
  "[::]",
  "[::2]",
  "[::ffff:127.0.0.1]",
  "::1",
  "localhost@evil.example",
  "evil.example@localhost",
  "localhost:0",
  "localhost:70000",
  "localhost:",
  "localhost:80:80",
  "localhost.",
  "localhost/",
  "localhost evil.example",
  "localhost,evil.example",
  "local\u0000host",
  "",
  " ",
  "*",
  "null",
])("T1: Host %j is refused", (value) => {
  expect(hostVerdict(host(value), ["box.example"]).ok).toBe(false);
});

test("T1: no Host, two of them, and an absolute target for another host are refused", () => {
  const url = "/";
  expect(hostVerdict({ url, rawHeaders: [] }).ok).toBe(false);
  expect(hostVerdict({ url, rawHeaders: ["Host", "localhost", "host", "evil.example"] }).ok).toBe(false);
  expect(hostVerdict({ url, rawHeaders: ["Host", "localhost", "HOST", "localhost"] }).ok).toBe(false);
  expect(hostVerdict(host("localhost", "http://evil.example/rpc")).ok).toBe(false);
  expect(hostVerdict(host("localhost", "*")).ok).toBe(false);
  expect(hostVerdict(host("localhost", "http://LOCALHOST/rpc")).ok).toBe(true);
});

const ours = ["http://127.0.0.1:7000", "http://localhost:7000"];

test.each([
  [[], true],
  [["Origin", "http://localhost:7000"], true],
  [["Origin", "http://127.0.0.1:7000", "Sec-Fetch-Site", "same-origin"], true],
  [["Sec-Fetch-Site", "none"], true],
  [["Origin", "null"], false],
  [["Origin", ""], false],
  [["Origin", "http://evil.example"], false],
  [["Origin", "http://localhost:7001"], false],
  [["Origin", "https://localhost:7000"], false],
  [["Origin", "http://localhost:7000.evil.example"], false],
  [["Origin", "http://localhost:7000/"], false],
  [["Origin", "HTTP://LOCALHOST:7000"], false],
  [["Origin", "http://localhost:7000", "origin", "http://evil.example"], false],
  [["Sec-Fetch-Site", "cross-site"], false],
  [["Sec-Fetch-Site", "same-site"], false],
  [["Origin", "http://localhost:7000", "Sec-Fetch-Site", "cross-site"], false],
] as const)("T2: %j: let through is %s", (rawHeaders, ok) => {
  expect(originVerdict({ rawHeaders: [...rawHeaders] }, ours).ok).toBe(ok);
});
