import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** The text of a file, or undefined where it is not there or not to be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

export function readNumber(path: string): number | undefined {
  const text = readText(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** A process's command line, or its name where it has none. */
export function commandOf(pid: number): string {
  const words = (readText(`/proc/${pid}/cmdline`) ?? "").split("\0").filter(Boolean).join(" ");
  return words === "" ? (readText(`/proc/${pid}/comm`)?.trim() ?? "?") : words.slice(0, 80);
}

/** Where the descriptors of a process lead; nothing of one that is not ours. */
export function descriptorsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

export function pids(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}
