/** Checks that reach over the network: `http` and `tcp`. */
import type { ProbeAction } from "../../spec/app-spec.ts";
import type { Located } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** `http: URL`, or a map of url, method, headers and status. Code `invalid-probe`. */
export function readHttpAction(owner: MapReader, problems: ProblemList): ProbeAction | undefined {
  const node = owner.node("http");
  if (node === undefined) return undefined;
  const path = owner.pathOf("http");
  if (node.kind !== "map") {
    const url = readUrl(node, path, problems);
    return url === undefined ? undefined : { kind: "http", url, method: "GET", headers: {} };
  }
  const read = new MapReader(node, path, problems);
  const written = read.node("url");
  const url = written === undefined ? undefined : readUrl(written, read.pathOf("url"), problems);
  const method = read.oneOf("method", methods) ?? "GET";
  const headers = read.stringMap("headers") ?? {};
  const status = read.integer("status", { min: 100, max: 599 });
  read.finish();
  if (written === undefined) read.missing("url");
  return url === undefined
    ? undefined
    : { kind: "http", url, method, headers, ...(status === undefined ? {} : { status }) };
}

function readUrl(node: Located, path: string, problems: ProblemList): string | undefined {
  const text = asText(node, path, problems);
  if (text === undefined) return undefined;
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  problems.add("invalid-probe", `${path} must be a URL that begins with http:// or https://`, node.location);
  return undefined;
}

/** `tcp: host:port`, or a port of this machine. Code `invalid-probe`. */
export function readTcpAction(owner: MapReader, problems: ProblemList): ProbeAction | undefined {
  const node = owner.node("tcp");
  const text = node === undefined ? undefined : asText(node, owner.pathOf("tcp"), problems);
  if (node === undefined || text === undefined) return undefined;
  const match = /^(?:(?:\[([^\]]+)\]|([^:\s]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port >= 1 && port <= 65_535) {
    return { kind: "tcp", host: match[1] ?? (match[2] || "127.0.0.1"), port };
  }
  problems.add(
    "invalid-probe",
    `${owner.pathOf("tcp")} must be host:port or a port from 1 to 65535`,
    node.location,
  );
  return undefined;
}
