/** Whom a request comes from, as far as that is known, for what is counted by address. */
import { BlockList, isIP } from "node:net";

/** What tells a request's address. */
export interface Origin {
  /** The other end of the connection; undefined for that of a Unix socket. */
  readonly peer: string | undefined;
  /** `X-Forwarded-For`: each proxy adds at the end whom it was asked by. */
  readonly forwardedFor: string | undefined;
}

/** Whether a proxy at that address is believed; `unix` is whoever connects to a Unix socket. */
export type IsTrusted = (address: string) => boolean;

interface Subnet {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** True for what `trustedProxies` takes: an address, a subnet (`10.0.0.0/8`, `fd00::/8`), or `unix`. */
export function isProxy(text: string): boolean {
  return text === "unix" || subnetOf(text) !== undefined;
}

/** Throws `TypeError` for what is no proxy. */
export function trusted(proxies: readonly string[]): IsTrusted {
  const list = new BlockList();
  for (const proxy of proxies) {
    if (proxy === "unix") continue;
    const subnet = subnetOf(proxy);
    if (subnet === undefined) {
      throw new TypeError(
        `${proxy} is no address and no subnet; write 10.0.0.7, 10.0.0.0/8, fd00::/8 or unix`,
      );
    }
    list.addSubnet(subnet.address, subnet.bits, subnet.family);
  }
  return (address) => {
    if (address === "unix") return proxies.includes("unix");
    return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  };
}

function subnetOf(text: string): Subnet | undefined {
  const [address = "", bits, more] = text.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  const most = family === "ipv6" ? 128 : 32;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  return isIP(address) === 0 || more !== undefined || !(length <= most)
    ? undefined
    : { address, bits: length, family };
}

/**
 * Where a request is counted: an IPv4 address, or the /64 of an IPv6 one, which a single household has. What a proxy
 * wrote is believed for as long as the proxy is, from the last one on; what others wrote before it is not.
 */
export function countedAs({ peer, forwardedFor }: Origin, isTrusted: IsTrusted): string {
  const hops = (forwardedFor ?? "").split(",").map((hop) => plain(hop.trim()));
  let from = peer === undefined ? "unix" : plain(peer);
  while (isTrusted(from)) {
    const before = hops.pop();
    if (before === undefined || isIP(before) === 0) break;
    from = before;
  }
  return isIP(from) === 6 ? `${groups(from).slice(0, 4).join(":")}::/64` : from;
}

/** An IPv4 address is one, also when it is written as IPv6. */
function plain(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address.replace(/%.*$/, "");
}

/** The eight of an IPv6 address, without leading zeros. */
function groups(address: string): readonly string[] {
  const [left = [], right] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const [head, tail] = [left.flatMap(groupsIn), (right ?? []).flatMap(groupsIn)];
  return [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
}

function groupsIn(text: string): readonly string[] {
  const [a, b, c, d] = text.split(".").map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined) {
    return [Number.parseInt(text, 16).toString(16)];
  }
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}
