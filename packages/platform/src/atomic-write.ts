import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface AtomicWriteOptions {
  /** Of a file that is not there yet, and of the one that replaces it; 0600. */
  readonly mode?: number;
}

let count = 0;

/**
 * Replaces a file as a whole: a reader, also after a power cut at any moment, finds all of the old content or all of
 * the new. When it resolves, the new one is on the disk. On failure the old file is as it was and nothing is left over.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600 }: AtomicWriteOptions = {},
): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.${++count}.new`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The name is the directory's, and it is on the disk only when the directory is.
  const parent = await open(directory, "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}
