/** The secret that programs show over HTTP: 256 random bits in a file that only its owner can read. */
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { HoldfastError } from "@holdfast/runtime";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDWR, O_WRONLY } = constants;

/**
 * Reads the token, making it if there is none. Throws `UNSAFE_TOKEN` when the file could be read or replaced by
 * somebody else, with what to do about it.
 */
export function readOrMakeToken(path: string): string {
  try {
    const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      return writeToken(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readToken(path);
  }
}

function writeToken(file: number): string {
  const token = randomBytes(32).toString("hex");
  writeSync(file, `${token}\n`);
  fsyncSync(file);
  return token;
}

function readToken(path: string): string {
  const file = openNoFollow(path);
  try {
    const { mode, uid, nlink } = fstatSync(file);
    const isFile = (mode & constants.S_IFMT) === constants.S_IFREG;
    if (!isFile || nlink !== 1) throw unsafe(path, "is no file of its own");
    if (uid !== process.getuid?.()) throw unsafe(path, `belongs to user ${uid}`);
    if ((mode & 0o077) !== 0) throw unsafe(path, `is open to others (mode ${(mode & 0o777).toString(8)})`);
    const text = readFileSync(file, "utf8");
    // The daemon that made the file ended before it wrote: the home is locked, so it is nobody else's turn now.
    if (text === "") return writeToken(file);
    const token = text.trim();
    if (!/^[0-9a-f]{64}$/.test(token)) throw unsafe(path, "does not hold 64 hexadecimal digits");
    return token;
  } finally {
    closeSync(file);
  }
}

function openNoFollow(path: string): number {
  try {
    // A pipe in its place must not make us wait.
    return openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP") throw unsafe(path, "is a link");
    if (code === "EISDIR" || code === "ENXIO") throw unsafe(path, "is no file of its own");
    throw error;
  }
}

function unsafe(path: string, what: string): HoldfastError {
  return new HoldfastError("UNSAFE_TOKEN", `${path} ${what}; remove it, and a new token is made`, {
    details: { path },
  });
}
