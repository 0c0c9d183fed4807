import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom } from "@holdfast/runtime";

/** How the power goes: what the file system has in its own log is written before, or is lost. */
export type PowerCut = "log flushed" | "log lost";

const flags: Readonly<Record<PowerCut, number>> = { "log flushed": 1, "log lost": 2 };

/** `EXT4_IOC_SHUTDOWN`: from then on nothing reaches the disk, and everything fails with EIO. */
const shutDown = `open my $d, '<', $ARGV[0] or die "$ARGV[0]: $!"; ioctl $d, 0x8004587d, my $how = pack 'I', $ARGV[1] or die $!`;

const diskBytes = 32 * 1024 * 1024;

/** Nothing is written by itself meanwhile: what is not asked for with `fsync` is lost. */
const options = "loop,commit=300";

const powerUp = `mount -t ext4 -o ${options} "$1" "$2" && mount --bind "$3" /proc/sys/kernel/random/boot_id && echo on && exec cat`;

/**
 * A machine as far as a daemon sees one: a disk whose power can be cut, and boots, each with an id of its own. The disk
 * is an image, mounted in a namespace that one process holds: when that ends, or whoever made it, nothing is left but
 * the image.
 */
export class PoweredMachine {
  /** Where the disk is for those who are `under` it; an empty directory for everybody else. */
  readonly disk: string;
  readonly #image: string;
  readonly #bootFile: string;
  #holder: ChildProcess | undefined;
  #space = "";

  /** Its files lie in `root`, which is the caller's to remove. */
  constructor(root: string) {
    this.disk = join(root, "disk");
    this.#image = join(root, "disk.img");
    this.#bootFile = join(root, "boot-id");
    mkdirSync(this.disk);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, diskBytes);
    execFileSync("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,nodiscard", this.#image]);
  }

  /** What a program is started under to run on it. */
  get under(): readonly string[] {
    return ["nsenter", `--mount=/proc/${this.#holder?.pid}/ns/mnt`];
  }

  /** A path on the disk, for those who are not on the machine. */
  seen(path: string): string {
    return `/proc/${this.#holder?.pid}/root${path}`;
  }

  /** A boot: the file system's log is replayed, and the boot has a new id. */
  async on(): Promise<void> {
    writeFileSync(this.#bootFile, `${systemRandom.uuid()}\n`);
    const args = ["-m", "--propagation", "private", "sh", "-c", powerUp, "sh"];
    const holder = spawn("unshare", [...args, this.#image, this.disk, this.#bootFile], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#holder = holder;
    const isOn = await new Promise<boolean>((resolve) => {
      holder.stdout.once("data", () => resolve(true));
      holder.once("exit", () => resolve(false));
    });
    if (!isOn) throw new Error("the disk could not be mounted");
    this.#space = readlinkSync(`/proc/${holder.pid}/ns/mnt`);
  }

  /** The power goes; programs run on for as long as `off` is not called, with a disk that fails. */
  cutPower(how: PowerCut): void {
    execFileSync("/usr/bin/perl", ["-e", shutDown, this.seen(this.disk), `${flags[how]}`]);
  }

  /** Ends every program on it. Resolves when the kernel has let the disk go. */
  async off(): Promise<void> {
    const holder = this.#holder;
    if (holder === undefined) return;
    const isHolder = (pid: number): boolean => pid === holder.pid;
    for (let left = this.#programs(); left.some((pid) => !isHolder(pid)); left = this.#programs()) {
      for (const pid of left) if (!isHolder(pid)) kill(pid);
      await systemClock.sleep(2);
    }
    const gone = new Promise((resolve) => void holder.once("exit", resolve));
    if (holder.exitCode === null && holder.signalCode === null) {
      holder.kill("SIGKILL");
      await gone;
    }
    this.#holder = undefined;
    while (this.#isAttached()) await systemClock.sleep(2);
  }

  #programs(): readonly number[] {
    return readdirSync("/proc").flatMap((name) => {
      try {
        return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/mnt`) === this.#space
          ? [Number(name)]
          : [];
      } catch {
        return [];
      }
    });
  }

  #isAttached(): boolean {
    return readdirSync("/sys/block").some((name) => {
      const file = `/sys/block/${name}/loop/backing_file`;
      try {
        return existsSync(file) && readFileSync(file, "latin1").trim() === this.#image;
      } catch {
        return false;
      }
    });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}
