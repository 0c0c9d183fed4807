/** The copies of secrets that a run is given: in memory where the system has a place for that, private, gone with it. */
import { execFile } from "node:child_process";
import { constants, existsSync } from "node:fs";
import { chmod, chown, open, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectories } from "@holdfast/platform";
import { HoldfastError } from "@holdfast/runtime";
import type { Secret } from "../spec/app-spec.ts";

/** What a secret may hold. */
const mostBytes = 1024 * 1024;

/** How Compose's containers see them; an app that names such a path in its environment is given the real one. */
const usualPlace = "/run/secrets/";

type Variables = Readonly<Record<string, string | undefined>>;

export class SecretFiles {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Copies the secrets of a run, for its user alone, and returns the environment that tells where they are. Rejects with
   * `START_FAILED`, which names the secret and never its content.
   */
  async prepare(
    cookie: string,
    secrets: readonly Secret[],
    user: string | undefined,
    environment: Readonly<Record<string, string>>,
  ): Promise<Readonly<Record<string, string>>> {
    const owner = user === undefined ? undefined : await idsOf(user);
    const directory = join(this.#path, cookie);
    makeDirectories(directory, 0o711);
    // An umask may have taken from the mode; those above must let other users' apps through, and show them nothing.
    await chmod(this.#path, 0o711);
    for (const secret of secrets) await copy(secret, join(directory, secret.target), owner);
    await chmod(directory, 0o500);
    if (owner !== undefined) await chown(directory, owner.uid, owner.gid);
    return withPlaces(directory, secrets, environment);
  }

  /** Removes the copies of a run; there may be none. */
  async remove(cookie: string): Promise<void> {
    const directory = join(this.#path, cookie);
    // Most runs have none, and asking is cheaper.
    if (existsSync(directory)) await rm(directory, { recursive: true, force: true });
  }

  /** Removes the copies of all runs but these: an earlier daemon may have died between a copy and its launch. */
  async keepOnly(cookies: readonly string[]): Promise<void> {
    const kept = new Set(cookies);
    const found = await readdir(this.#path).catch(() => []);
    for (const cookie of found) if (!kept.has(cookie)) await this.remove(cookie);
  }

  /** Removes the place, if no run is left in it. */
  async close(): Promise<void> {
    await rmdir(this.#path).catch(() => undefined);
  }
}

/**
 * Where the copies of a home's runs lie: below `/run` for root, whose apps may be of other users; else below
 * `$XDG_RUNTIME_DIR`, which is no disk either; else in the home.
 */
export function secretsPath(home: { readonly id: string; readonly path: string }, env: Variables): string {
  const { XDG_RUNTIME_DIR: runtime } = env as { readonly XDG_RUNTIME_DIR?: string };
  if (process.getuid?.() === 0) return `/run/holdfast-${home.id}`;
  return runtime?.startsWith("/") ? join(runtime, `holdfast-${home.id}-secrets`) : join(home.path, "secrets");
}

async function copy(
  { file, target, mode }: Secret,
  to: string,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<void> {
  try {
    const from = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await from.stat();
      if (!stat.isFile()) throw new Error("it is no file");
      if (stat.size > mostBytes) throw new Error("it is larger than 1 MiB");
      const content = await from.readFile();
      await using copied = await open(to, "wx", 0o600);
      await copied.writeFile(content);
      if (owner !== undefined) await copied.chown(owner.uid, owner.gid);
      await copied.chmod(mode);
    } finally {
      await from.close();
    }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === "ENOENT" ? "there is no such file" : (code ?? message);
    throw new HoldfastError("START_FAILED", `its secret ${target} cannot be read from ${file}: ${why}`, {
      cause: error,
    });
  }
}

function withPlaces(
  directory: string,
  secrets: readonly Secret[],
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own: Record<string, string> = { ...environment };
  for (const [name, value] of Object.entries(own)) {
    const target = value.startsWith(usualPlace) ? value.slice(usualPlace.length) : undefined;
    if (secrets.some((secret) => secret.target === target)) own[name] = join(directory, target ?? "");
  }
  for (const { target } of secrets) {
    const name = `${target.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")}_FILE`;
    own[name] ??= join(directory, target);
  }
  own["HOLDFAST_SECRETS"] = directory;
  return own;
}

/** The numbers of `USER` or `USER:GROUP`, as the system's own tools know them. */
async function idsOf(user: string): Promise<{ readonly uid: number; readonly gid: number }> {
  const [name = "", group] = user.split(":", 2);
  const uid = /^\d+$/.test(name) ? Number(name) : await ask("id", ["-u", "--", name], name);
  const ownGroup = (): Promise<number> => ask("id", ["-g", "--", name], name).catch(() => uid);
  if (group === undefined || group === "") return { uid, gid: await ownGroup() };
  return { uid, gid: /^\d+$/.test(group) ? Number(group) : await ask("getent", ["group", group], group) };
}

function ask(program: string, args: readonly string[], name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 5_000, env: { PATH: "/usr/bin:/bin" } }, (error, out) => {
      const number = /^(?:[^:]*:[^:]*:)?(\d+)/.exec(out)?.[1];
      if (error === null && number !== undefined) resolve(Number(number));
      else reject(new HoldfastError("START_FAILED", `there is no user or group ${name}`));
    });
  });
}
