import type { Random } from "@holdfast/runtime";
import { fromEntries, pick } from "./hostile-values.ts";

/** As much of a valibot schema as is needed to make values for it. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly item?: Shape;
  readonly items?: readonly Shape[];
  readonly rest?: Shape;
  readonly wrapped?: Shape;
  readonly value?: Shape;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
}

const names = ["web", "db", "job", "a.b-c_d", "__proto__", "constructor", "x".repeat(63)];
const times = [0, 1, 50, 1_000, 30_000, 3_600_000];

/** Good values, by the name of the member that they are for. */
const strings: Readonly<Record<string, readonly string[]>> = {
  project: ["shop", "blog", "__proto__", "none"],
  name: names,
  names,
  group: ["g", "web"],
  workingDir: ["/", "/tmp", "/no/such/place"],
  directory: ["/"],
  logFile: ["/nowhere/a.log"],
  signal: ["SIGTERM", "SIGINT", "SIGKILL", "SIGFOO"],
  cron: ["* * * * *", "0 3 * * *", "@daily", "nonsense"],
  timeZone: ["Europe/Berlin", "UTC", "Mars/Olympus"],
  since: ["2030-01-01T00:00:00Z", "1970-01-01", "+275760-09-13T00:00:00Z"],
  url: ["http://127.0.0.1:1/", "https://[::1]/x"],
  id: ["1", "none"],
  ids: ["1", "none"],
  key: ["k1", "k2", "k3"],
};

const numbers: Readonly<Record<string, readonly number[]>> = {
  replicas: [0, 1, 1, 1, 2, 3],
  instance: [0, 1, 2, 3],
  lines: [0, 1, 10, 1e6],
  limit: [0, 1, 10, 1_000],
  after: [0, 1, 1e15],
  factor: [1, 2, 1.5],
  successThreshold: [1, 2],
  failureThreshold: [1, 3],
  maxRestarts: [0, 1, 5],
  cpus: [0.5, 1],
};

/** A value that the schema takes, or nearly so; `known` adds values that are true now, such as the ids of operations. */
export function generate(
  shape: Shape,
  random: Random,
  known: Readonly<Record<string, readonly string[]>>,
  member = "",
): unknown {
  const make = (inner: Shape | undefined, name: string = member): unknown =>
    inner === undefined ? null : generate(inner, random, known, name);
  switch (shape.type) {
    case "strict_object":
    case "object":
      return fromEntries(
        Object.entries(shape.entries ?? {})
          .filter(([, entry]) => entry.type !== "exact_optional" || random.next() < 0.3)
          .map(([name, entry]) => [name, make(entry, name)]),
      );
    case "exact_optional":
      return make(shape.wrapped);
    case "array":
      return many(random, () => make(shape.item));
    case "tuple_with_rest":
      return [...(shape.items ?? []).map((item) => make(item)), ...many(random, () => make(shape.rest))];
    case "record":
      return fromEntries(many(random, () => [pick(names, random), make(shape.value)] as const));
    case "variant":
    case "union":
      return make(pick((shape.options ?? []) as readonly Shape[], random));
    case "picklist":
      return pick(shape.options ?? [], random);
    case "literal":
      return shape.literal;
    case "boolean":
      return random.next() < 0.5;
    case "number":
      return pick(numbers[member] ?? times, random);
    case "string":
      return pick([...(known[member] ?? []), ...(strings[member] ?? ["x", "/bin/true"])], random);
    default:
      throw new Error(`the generator knows no ${shape.type}`);
  }
}

function many<T>(random: Random, make: () => T): T[] {
  return Array.from({ length: Math.floor(random.next() * 4) }, make);
}
