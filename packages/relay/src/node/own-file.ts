import { closeSync, constants, fchmodSync, fstatSync, openSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { HoldfastError } from "@holdfast/runtime";

const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;

/**
 * Makes an empty file that only we can read (0600), or makes sure that it is one. Throws `UNSAFE_FILE` when a link,
 * something that is no file, or somebody else's file is in its place.
 */
export function ensureOwnFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP") throw unsafe(path, "is a link");
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.nlink !== 1) throw unsafe(path, "is no file of its own");
    if (stat.uid !== process.getuid?.()) throw unsafe(path, `belongs to user ${stat.uid}`);
    if ((stat.mode & 0o077) !== 0) fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

let count = 0;

/** Replaces a file (0600) as a whole: whoever reads it, also after a power cut, finds the old text or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.${++count}.new`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function unsafe(path: string, what: string): HoldfastError<"UNSAFE_FILE"> {
  return new HoldfastError("UNSAFE_FILE", `${path} ${what}; move it away`);
}
