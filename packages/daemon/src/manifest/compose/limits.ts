/** `limits`, and what Compose says instead: `deploy.resources.limits`, `mem_limit`, `cpus` and `pids_limit`. */
import type { AppLimits } from "../../spec/app-spec.ts";
import { parseBytes } from "../bytes.ts";
import type { MapReader } from "../reader.ts";

type Asked = Omit<AppLimits, "enforce">;

/** Less than this no program can start in; Docker refuses it too. */
const leastMemory = 6 * 1024 * 1024;
const mostPids = 4_194_304;

/**
 * The limits of a process: each key may say its own, the most particular to Holdfast first. Code `invalid-value` also
 * where two keys say two different things.
 */
export function readLimits(service: MapReader): AppLimits | undefined {
  const own = service.reader("limits");
  const enforce = own?.oneOf("enforce", ["require", "warn"]) ?? "warn";
  const native = own === undefined ? {} : readKeys(own, "memory");
  own?.finish({ swap: "memory is with swap" });
  // That `deploy` is a map is told where the rest of it is read.
  const deploy = service.node("deploy")?.kind === "map" ? service.reader("deploy") : undefined;
  const resources = deploy?.reader("resources");
  const limits = resources?.reader("limits");
  const deployed = limits === undefined ? {} : readKeys(limits, "memory");
  limits?.finish({});
  // What a scheduler keeps free for an app; on one machine nothing is scheduled.
  resources?.accept("reservations");
  resources?.finish();
  const flat = readKeys(service, "mem_limit", "pids_limit");
  checkAgree(service, [native, deployed, flat]);
  const asked: Asked = { ...flat, ...deployed, ...native };
  return Object.keys(asked).length === 0 ? undefined : { ...asked, enforce };
}

function readKeys(read: MapReader, memoryKey: string, pidsKey = "pids"): Asked {
  const memoryBytes = readMemory(read, memoryKey);
  const cpus = readCpus(read);
  const pids = read.integer(pidsKey, { min: -1, max: mostPids });
  return {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { cpus }),
    // Compose's words for no limit of its own are 0 and -1; here that lifts the usual one.
    ...(pids === undefined ? {} : { pids: pids < 1 ? mostPids : pids }),
  };
}

function readMemory(read: MapReader, key: string): number | undefined {
  const text = read.text(key);
  if (text === undefined) return undefined;
  const bytes = parseBytes(text);
  if (bytes === undefined) {
    read.wrong(
      "invalid-value",
      key,
      `${JSON.stringify(text)} is no amount of memory`,
      'such as "512m" or "2g"',
    );
  } else if (bytes < leastMemory) {
    read.wrong(
      "invalid-value",
      key,
      `${JSON.stringify(text)} is less than 6 MiB, which no program can start in`,
    );
  }
  return bytes;
}

function readCpus(read: MapReader): number | undefined {
  const text = read.text("cpus");
  if (text === undefined) return undefined;
  const cpus = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (cpus >= 0.01 && cpus <= 10_000) return cpus;
  const hint = 'such as "0.5" or "2", and at least 0.01';
  read.wrong("invalid-value", "cpus", `${JSON.stringify(text)} is no number of processors`, hint);
  return undefined;
}

function checkAgree(service: MapReader, said: readonly Asked[]): void {
  for (const key of ["memoryBytes", "cpus", "pids"] as const) {
    const values = new Set(said.flatMap((each) => each[key] ?? []));
    if (values.size < 2) continue;
    const at =
      ["limits", "deploy", "mem_limit", "cpus", "pids_limit"].find((name) => service.has(name)) ?? "limits";
    const what = key === "memoryBytes" ? "memory" : key;
    service.wrong(
      "invalid-value",
      at,
      `two keys give two different limits of ${what}: ${[...values].join(" and ")}`,
    );
  }
}
