/** `ulimits`: the limits that each process of an app has for itself. */
import type { Ulimit } from "../../spec/app-spec.ts";
import type { Located } from "../located.ts";
import { didYouMean } from "../nearest.ts";
import type { ProblemList } from "../problem.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";

/** As Linux numbers them; see `setrlimit(2)`. */
const resources: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

/** Each a number for both, or `{soft, hard}`; -1 and `unlimited` are no limit. Codes `invalid-value`, `unknown-key`. */
export function readUlimits(service: MapReader, problems: ProblemList): readonly Ulimit[] | undefined {
  const read = service.reader("ulimits");
  if (read === undefined) return undefined;
  const ulimits: Ulimit[] = [];
  for (const { key, keyLocation, value } of read.map.entries.values()) {
    const resource = Object.hasOwn(resources, key) ? resources[key] : undefined;
    if (resource === undefined) {
      const message = `${read.pathOf(key)}: there is no such limit`;
      problems.add("unknown-key", message, keyLocation, didYouMean(key, Object.keys(resources)));
      continue;
    }
    const both = readBoth(value, read.pathOf(key), problems);
    if (both === undefined) continue;
    if (isMore(both.soft, both.hard)) {
      const message = `${read.pathOf(key)}: the soft limit ${both.soft} is above the hard one, ${both.hard}`;
      problems.add("invalid-value", message, keyLocation);
    }
    ulimits.push({ resource, ...both });
  }
  return ulimits;
}

function readBoth(
  node: Located,
  path: string,
  problems: ProblemList,
): Pick<Ulimit, "soft" | "hard"> | undefined {
  if (node.kind !== "map") {
    const value = readOne(node, path, problems);
    return value === undefined ? undefined : { soft: value, hard: value };
  }
  const read = new MapReader(node, path, problems);
  const [softNode, hardNode] = [read.node("soft"), read.node("hard")];
  read.finish();
  if (softNode === undefined || hardNode === undefined) {
    read.missing(softNode === undefined ? "soft" : "hard");
    return undefined;
  }
  const soft = readOne(softNode, read.pathOf("soft"), problems);
  const hard = readOne(hardNode, read.pathOf("hard"), problems);
  return soft === undefined || hard === undefined ? undefined : { soft, hard };
}

function readOne(node: Located, path: string, problems: ProblemList): Ulimit["soft"] | undefined {
  const text = asText(node, path, problems);
  if (text === undefined) return undefined;
  if (text === "-1" || text === "unlimited") return "unlimited";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const message = `${path} must be a whole number, -1 or unlimited, found ${JSON.stringify(text)}`;
  problems.add("invalid-value", message, node.location);
  return undefined;
}

function isMore(soft: Ulimit["soft"], hard: Ulimit["hard"]): boolean {
  return hard !== "unlimited" && (soft === "unlimited" || soft > hard);
}
