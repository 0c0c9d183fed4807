/**
 * Adds to `package-lock.json` the platform packages that the registry it was made with does not have. npm leaves them
 * out then, and `npm ci` refuses a lock file without them, on every platform. Run it after an `npm install` that
 * changed the lock file: `node scripts/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** One entry of `packages`; the members that matter here. */
export interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The entries by path: `node_modules/a/node_modules/b`. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** What is missing: an entry for each optional dependency that is found nowhere on its way up, by path. */
export function missingPackages(packages: LockedPackages): LockedPackages {
  const missing: Record<string, LockedPackage> = {};
  for (const [path, owner] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
      if (placesOf(path, name).some((place) => place in packages)) continue;
      const { os, cpu, libc } = platformOf(name);
      // In the order in which npm itself writes them, so that the next `npm install` changes nothing.
      missing[`node_modules/${name}`] = {
        version,
        cpu: [cpu],
        ...(owner.dev === true ? { dev: true } : {}),
        ...(libc === undefined ? {} : { libc: [libc] }),
        optional: true,
        os: [os],
      };
    }
  }
  return missing;
}

/** Where Node looks for `name` from the package at `path`, the nearest first. */
function placesOf(path: string, name: string): readonly string[] {
  const parents = path.split("/node_modules/").map((_, index, parts) => parts.slice(0, index + 1).join("/"));
  const inside = parents.filter((parent) => parent !== "").map((parent) => `${parent}/node_modules/${name}`);
  return [...inside.reverse(), `node_modules/${name}`];
}

interface Platform {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string | undefined;
}

/** Such packages say in their names what they are for. */
function platformOf(name: string): Platform {
  const words = name.split(/[/-]/);
  const os = words.find((word) => /^(android|darwin|freebsd|linux|openharmony|win32)$/.test(word));
  const cpu = words.find((word) => /^(arm|arm64|ia32|ppc64|riscv64|s390x|x64)$/.test(word));
  if (os === undefined || cpu === undefined) {
    throw new Error(`${name}: its name does not say for which platform it is`);
  }
  const musl = words.some((word) => word.startsWith("musl"));
  return { os, cpu, libc: os === "linux" ? (musl ? "musl" : "glibc") : undefined };
}

function completeLock(path: URL): void {
  const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: LockedPackages };
  const missing = missingPackages(lock.packages);
  const all = { ...lock.packages, ...missing };
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`added ${Object.keys(missing).length} packages`);
}

if (import.meta.main) completeLock(new URL("../package-lock.json", import.meta.url));
