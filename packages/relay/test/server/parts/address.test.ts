import { expect, test } from "vitest";
import { countedAs, trusted } from "../../../src/server/http/address.ts";

const nobody = trusted([]);

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
  [undefined, "unix"],
])("a request of %s is counted as one of %s", (peer, as) => {
  expect(countedAs({ peer, forwardedFor: undefined }, nobody)).toBe(as);
});

test("what a request says of itself is believed of nobody who is not trusted", () => {
  const forwardedFor = "198.51.100.1";
  expect(countedAs({ peer: "192.0.2.7", forwardedFor }, nobody)).toBe("192.0.2.7");
  expect(countedAs({ peer: undefined, forwardedFor }, nobody)).toBe("unix");
  expect(countedAs({ peer: "192.0.2.7", forwardedFor }, trusted(["10.0.0.0/8", "unix"]))).toBe("192.0.2.7");
});

test.each([
  ["the last one that a proxy added", "198.51.100.1, 203.0.113.9", "203.0.113.9"],
  ["the one before a second proxy", "203.0.113.9, 10.1.2.3", "203.0.113.9"],
  ["the proxy itself, where it added none", undefined, "10.0.0.1"],
  ["the proxy itself, where it added what is no address", "203.0.113.9, unknown", "10.0.0.1"],
  ["the farthest proxy, where nothing came before it", "10.7.7.7", "10.7.7.7"],
  ["an IPv6 network", "2001:db8::5", "2001:db8:0:0::/64"],
])("behind a trusted proxy it is %s that counts", (_what, forwardedFor, as) => {
  expect(countedAs({ peer: "10.0.0.1", forwardedFor }, trusted(["10.0.0.0/8"]))).toBe(as);
});

test("a Unix socket, single addresses and IPv6 networks can be trusted", () => {
  const isTrusted = trusted(["unix", "192.0.2.1", "fd00::/8"]);
  for (const peer of [undefined, "192.0.2.1", "::ffff:192.0.2.1", "fd12::1"]) {
    expect(countedAs({ peer, forwardedFor: "203.0.113.9" }, isTrusted)).toBe("203.0.113.9");
  }
  expect(countedAs({ peer: "192.0.2.2", forwardedFor: "203.0.113.9" }, isTrusted)).toBe("192.0.2.2");
});

test.each(["proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", ""])(
  "%j is refused as a proxy, with what to write",
  (proxy) => {
    expect(() => trusted([proxy])).toThrow(TypeError);
  },
);
