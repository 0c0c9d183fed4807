/** `ports`: what a service has of the host's ports, and that no two services have the same. */
import type { Port, SourceLocation } from "../../spec/app-spec.ts";
import type { Located, LocatedMap } from "../located.ts";
import { formatLocation, type ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asText, wrongType } from "../value.ts";

export interface PortClaim extends Port {
  readonly location: SourceLocation;
}

const anyHost = "0.0.0.0";
const maxPorts = 20_000;
const short = /^(?:(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]*)):)?(?:([0-9-]*):)?([0-9-]+)(?:\/([A-Za-z]+))?$/;

/**
 * The published ports. A process has no ports but the host's, so that the container's port, alone, is its port;
 * a container's is then any port, and none of these. Code `invalid-port`.
 */
export function readPorts(
  service: MapReader,
  isContainer: boolean,
  problems: ProblemList,
): readonly PortClaim[] {
  const node = service.node("ports");
  if (node === undefined) return [];
  if (node.kind !== "list") {
    wrongType(node, service.pathOf("ports"), problems, "a list");
    return [];
  }
  const claims: PortClaim[] = [];
  const isOpen = ({ port }: Port): boolean => port === 0;
  for (const [index, item] of node.items.entries()) {
    const path = `${service.pathOf("ports")}[${index}]`;
    const read =
      item.kind === "map"
        ? readLong(item, path, isContainer, problems)
        : readShort(item, path, isContainer, problems);
    for (const claim of read) claims.push(claim);
    if (claims.length <= maxPorts) continue;
    problems.add("invalid-port", `${path}: these are more than ${maxPorts} ports`, item.location);
    return [];
  }
  const seen = new Set<string>();
  return claims.filter((claim) => {
    if (isOpen(claim)) return true;
    const { host, port, protocol } = claim;
    const key = `${host} ${port} ${protocol}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Adds a problem for each port that two services want. `service` names the owner in messages. */
export function checkPortClaims(
  claims: readonly { readonly service: string; readonly claim: PortClaim }[],
  problems: ProblemList,
): void {
  const taken = new Map<string, { service: string; claim: PortClaim }[]>();
  for (const entry of claims) {
    if (problems.isFull) return;
    if (entry.claim.port === 0) continue;
    const key = `${entry.claim.port}/${entry.claim.protocol}`;
    const others = taken.get(key) ?? [];
    const other = others.find(
      (candidate) => candidate.service !== entry.service && overlap(candidate.claim.host, entry.claim.host),
    );
    if (other !== undefined) {
      const message = `port ${key} of "${entry.service}" is taken by "${other.service}" at ${formatLocation(other.claim.location)}`;
      problems.add("port-taken", message, entry.claim.location);
    }
    others.push(entry);
    taken.set(key, others);
  }
}

function overlap(one: string, other: string): boolean {
  const everywhere = (host: string): boolean => host === anyHost || host === "::";
  return one === other || everywhere(one) || everywhere(other);
}

function readShort(
  node: Located,
  path: string,
  isContainer: boolean,
  problems: ProblemList,
): readonly PortClaim[] {
  const text = asText(node, path, problems);
  if (text === undefined) return [];
  const open = isContainer ? undefined : readOpen(text);
  if (open !== undefined) return [{ ...open, location: node.location }];
  const match = short.exec(text);
  // `8000:80` is read as a host named 8000 first, for the host's port may be left out after an address.
  const [, bracketed, plainHost, middle, target = "", protocol = "tcp"] = match ?? [];
  const onlyTwo = bracketed === undefined && middle === undefined && plainHost !== undefined;
  const published = onlyTwo ? plainHost : (middle ?? "");
  const host = onlyTwo ? anyHost : bracketed || plainHost || anyHost;
  const wanted = published === "" ? (isContainer ? undefined : target) : published;
  const ranges = { target: readRange(target), wanted: wanted === undefined ? [] : readRange(wanted) };
  const kind = readProtocol(protocol);
  if (match === null || ranges.target === undefined || ranges.wanted === undefined || kind === undefined) {
    problems.add(
      "invalid-port",
      `${path}: ${JSON.stringify(text)} is no port`,
      node.location,
      "[[address:]host-port:]port[/tcp or /udp]",
    );
    return [];
  }
  if (published !== "" && ranges.wanted.length !== ranges.target.length && ranges.target.length !== 1) {
    problems.add(
      "invalid-port",
      `${path}: the two ranges of ${JSON.stringify(text)} differ in length`,
      node.location,
    );
    return [];
  }
  return ranges.wanted.map((port) => ({ host, port, protocol: kind, location: node.location }));
}

/** Any port that is free: `auto`, `0`, `127.0.0.1:0:80`, `auto/udp`. */
function readOpen(text: string): Port | undefined {
  const match = /^(?:(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]]+)):)?(?:auto|0)(?::\d{1,5})?(?:\/(tcp|udp))?$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, bracketed, host, protocol = "tcp"] = match;
  return { host: bracketed ?? host ?? anyHost, port: 0, protocol: readProtocol(protocol) ?? "tcp" };
}

function readLong(
  node: LocatedMap,
  path: string,
  isContainer: boolean,
  problems: ProblemList,
): readonly PortClaim[] {
  const read = new MapReader(node, path, problems);
  const target = read.integer("target", { min: 1, max: 65_535 });
  const published = read.text("published");
  const host = read.text("host_ip") ?? anyHost;
  const protocol = read.oneOf("protocol", ["tcp", "udp"]) ?? "tcp";
  read.accept("mode", "name", "app_protocol");
  read.finish();
  if (published === undefined) {
    if (isContainer || target === undefined) {
      if (!read.has("target")) read.missing("target");
      return [];
    }
    return [{ host, port: target, protocol, location: node.location }];
  }
  if (!isContainer && /^(?:0|auto)$/.test(published))
    return [{ host, port: 0, protocol, location: node.location }];
  const range = readRange(published);
  if (range === undefined) {
    read.wrong("invalid-port", "published", `${JSON.stringify(published)} is no port`);
    return [];
  }
  return range.map((port) => ({ host, port, protocol, location: node.location }));
}

function readProtocol(text: string): Port["protocol"] | undefined {
  const lower = text.toLowerCase();
  return lower === "tcp" || lower === "udp" ? lower : undefined;
}

/** The ports of `8000` or `8000-8010`; undefined when it is none. */
function readRange(text: string): readonly number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? first);
  if (first < 1 || last > 65_535 || last < first) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
