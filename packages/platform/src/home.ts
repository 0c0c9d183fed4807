import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { HoldfastError } from "@holdfast/runtime";
import { ensurePrivateDirectory } from "./private-directory.ts";
import { shortHash } from "./short-hash.ts";

/** The directory in which one daemon keeps everything, and the names derived from it. */
export interface Home {
  /** Absolute; mode 0700, ours. */
  readonly path: string;
  /** 16 hexadecimal digits that stand for `path` where a path may not. */
  readonly id: string;
  /** Where the daemon listens: in the home, or where that is too long, in a private directory with a short name. */
  readonly socketPath: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** What fits into `sockaddr_un` on Linux, without its NUL. */
const longestSocketPath = 107;

/**
 * Where the home is: `$HOLDFAST_HOME` (relative to `cwd`), else `$XDG_STATE_HOME/holdfast`, else
 * `~/.local/state/holdfast`. Touches nothing. Throws `NO_HOME` when none of the variables is set.
 */
export function homePath(env: Variables, cwd: string = process.cwd()): string {
  const {
    HOLDFAST_HOME: own,
    XDG_STATE_HOME: state,
    HOME: user,
  } = env as {
    readonly HOLDFAST_HOME?: string;
    readonly XDG_STATE_HOME?: string;
    readonly HOME?: string;
  };
  if (own) return resolve(cwd, own);
  // The XDG specification: a relative path is invalid and to be ignored.
  if (state?.startsWith("/")) return join(state, "holdfast");
  if (user) return join(resolve(cwd, user), ".local", "state", "holdfast");
  throw new HoldfastError(
    "NO_HOME",
    "there is no place for state: set HOLDFAST_HOME to a directory of yours",
  );
}

/** The place of the socket of a home. Touches nothing. */
export function socketPathOf(home: string, env: Variables): string {
  const path = join(home, "holdfast.sock");
  if (Buffer.byteLength(path) <= longestSocketPath) return path;
  return join(shortPlace(home, env), "holdfast.sock");
}

/**
 * Opens the home, making it with mode 0700 if it is not there. Throws `UNSAFE_DIRECTORY` when it belongs to somebody
 * else or is open to others, with the remedy in its details; `NO_HOME` as `homePath` does.
 */
export function openHome(env: Variables, cwd: string = process.cwd()): Home {
  const path = homePath(env, cwd);
  ensurePrivateDirectory(path, { followLink: true });
  const socketPath = socketPathOf(path, env);
  if (!socketPath.startsWith(`${path}/`)) {
    ensurePrivateDirectory(shortPlace(path, env), { followLink: false });
  }
  return { path, id: shortHash(path), socketPath };
}

function shortPlace(home: string, env: Variables): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  const inRuntime = runtime?.startsWith("/") ? join(runtime, `holdfast-${shortHash(home)}`) : undefined;
  if (inRuntime && Buffer.byteLength(inRuntime) <= longestSocketPath - "/holdfast.sock".length)
    return inRuntime;
  return join(tmpdir(), `holdfast-${process.getuid?.() ?? 0}-${shortHash(home)}`);
}
