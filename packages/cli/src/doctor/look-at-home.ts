import { execFileSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { type Circumstances, type Finding, ok, quoted } from "./finding.ts";

const mebibyte = 1_024 ** 2;
const littleBytes = 512 * mebibyte;
const leastBytes = 32 * mebibyte;

/** The directory with the state: whose it is, who may read it, whether it can be written. */
export function lookAtHome({ home }: Circumstances): readonly Finding[] {
  const check = "home";
  const stat = statOf(home);
  if (stat === undefined) return ok(check, `${home} is made by the first daemon`);
  const own = "holdfast keeps its state in a directory of yours alone, since tokens lie in it";
  if (!stat.isDirectory()) {
    return [
      {
        check,
        level: "problem",
        text: `${home} is not a directory`,
        means: own,
        remedy: `mv ${quoted(home)} ${quoted(`${home}.old`)}`,
      },
    ];
  }
  if (stat.uid !== process.getuid?.()) {
    return [
      {
        check,
        level: "problem",
        text: `${home} belongs to user ${stat.uid}, and you are ${process.getuid?.()}`,
        means: own,
        remedy: "export HOLDFAST_HOME=~/.local/state/holdfast",
      },
    ];
  }
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8);
    return [
      {
        check,
        level: "problem",
        text: `${home} is open to others (mode ${mode})`,
        means: own,
        remedy: `chmod 700 ${quoted(home)}`,
      },
    ];
  }
  if (!isWritable(home)) {
    return [
      {
        check,
        level: "problem",
        text: `${home} cannot be written`,
        means: "no daemon can start here",
        remedy: `findmnt -T ${quoted(home)}`,
      },
    ];
  }
  return ok(check, `${home}, yours alone`);
}

/** The disk below it: room, and whether the heads of logs can be let go in place. */
export function lookAtDisk({ home }: Circumstances): readonly Finding[] {
  const place = nearestThere(home);
  return [roomOn(place, home), ...(place === home && isWritable(home) ? [holesIn(home)] : [])];
}

function roomOn(place: string, home: string): Finding {
  const check = "disk";
  const { bavail, bsize, blocks } = statfsSync(place);
  const free = bavail * bsize;
  const text = `${sizeText(free)} free of ${sizeText(blocks * bsize)} where ${home} is`;
  const remedy = `du -xsh ${quoted(home)}/apps/* | sort -h | tail`;
  if (free < leastBytes)
    return { check, level: "problem", text, means: "changes are refused and output is lost soon", remedy };
  if (free < littleBytes)
    return { check, level: "warning", text, means: "logs may take 64 MiB an app", remedy };
  return { check, level: "ok", text };
}

/** Tried on a file, since no list of file systems is ever complete. */
function holesIn(home: string): Finding {
  const check = "log space";
  const directory = mkdtempSync(join(home, ".doctor-"));
  const file = join(directory, "probe");
  try {
    writeFileSync(file, Buffer.alloc(256 * 1_024, 1), { flush: true });
    const before = statSync(file).blocks;
    execFileSync("fallocate", ["-p", "-o", "0", "-l", String(192 * 1_024), file], { stdio: "pipe" });
    if (statSync(file).blocks < before || before === 0) {
      return { check, level: "ok", text: "the file system gives back the heads of logs" };
    }
    return unbounded(check, "a hole frees nothing on this file system");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      return {
        check,
        level: "warning",
        text: "fallocate is not installed, so this cannot be tried",
        remedy: "sudo apt install util-linux",
      };
    return unbounded(check, `the file system makes no holes: ${message.split("\n").at(-2) ?? message}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function unbounded(check: string, text: string): Finding {
  return {
    check,
    level: "warning",
    text,
    means: "logs grow without a bound",
    remedy: "put HOLDFAST_HOME on ext4, xfs, btrfs or tmpfs",
  };
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function nearestThere(path: string): string {
  return existsSync(path) || path === "/" ? path : nearestThere(dirname(path));
}

function sizeText(bytes: number): string {
  const gibibytes = bytes / 1_024 ** 3;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.floor(bytes / mebibyte)} MiB`;
}
