import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { HoldfastError } from "@holdfast/runtime";

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR, S_IFMT, S_IFREG } = constants;

/**
 * Makes a file that only we can read (0600), whatever the umask, or makes sure that it is one: a wider mode of a file of
 * ours is narrowed. Throws `UNSAFE_FILE` when a link, something else than a file, a second name or somebody else's file
 * is in its place.
 */
export function ensurePrivateFile(path: string): void {
  const file = openNoFollow(path);
  try {
    const { mode, uid, nlink } = fstatSync(file);
    if ((mode & S_IFMT) !== S_IFREG || nlink !== 1) throw unsafe(path, "is no file of its own");
    if (uid !== process.getuid?.()) throw unsafe(path, `belongs to user ${uid}`);
    if ((mode & 0o177) !== 0) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

function openNoFollow(path: string): number {
  try {
    // A pipe in its place must not make us wait.
    return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP") throw unsafe(path, "is a link");
    if (code === "EISDIR" || code === "ENXIO") throw unsafe(path, "is no file of its own");
    throw error;
  }
}

function unsafe(path: string, what: string): HoldfastError {
  return new HoldfastError("UNSAFE_FILE", `${path} ${what}; move it away`, { details: { path } });
}
