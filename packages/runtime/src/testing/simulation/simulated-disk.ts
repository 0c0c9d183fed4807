import { HoldfastError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { Owner } from "./host.ts";
import type { FileSystem } from "./seams.ts";

/** Bytes at an offset; before them the file is cut to `cutTo`, if that is given. */
interface Write {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly cutTo?: number;
}

interface Inode {
  content: Uint8Array;
  durable: Uint8Array;
  unsynced: Write[];
}

/** A change of names; without `to` the name is taken away. */
interface NameChange {
  readonly from?: string;
  readonly to?: string;
  readonly inode?: Inode;
}

/**
 * A disk with a page cache. Content is durable once its file is synced, a name once its directory is. A power
 * loss keeps, tears or loses each unsynced write by itself, and keeps of the unsynced changes of names a
 * first part, as a journaling file system does; a rename is never half done.
 */
export class SimulatedDisk {
  /** While it is, nothing can be written: code `ENOSPC`. */
  full = false;
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #unsynced: NameChange[] = [];
  readonly #locks = new Set<string>();
  #failing: { readonly code: string; left: number } = { code: "", left: 0 };

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next `count` writes, syncs and renames fail with this code, and do nothing. */
  fail(code: string, count = 1): void {
    this.#failing = { code, left: count };
  }

  /** What a program would read now, without asking for it; `undefined` if it is not there. */
  peek(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.content;
  }

  /** What of a file no power loss can take any more. */
  peekDurable(path: string): Uint8Array | undefined {
    return this.#durableNames.get(path)?.durable;
  }

  /** Takes what was not synced, or parts of it; for `Host.powerOff`. */
  powerOff(): void {
    const kept = Math.floor(this.#random.next() * (this.#unsynced.length + 1));
    for (const change of this.#unsynced.splice(0).slice(0, kept)) applyTo(this.#durableNames, change);
    for (const inode of new Set(this.#durableNames.values())) this.#lose(inode);
    this.#names = new Map(this.#durableNames);
    this.#locks.clear();
  }

  /** What one life of a program has of the disk. */
  seam({ reach, onEnd }: Owner): FileSystem {
    const held = new Set<string>();
    onEnd(() => {
      for (const path of held) this.#locks.delete(path);
    });
    return {
      read: (path) => reach(() => this.#inode(path).content.slice()),
      write: (path, bytes) =>
        reach(() => this.#write(path, () => ({ offset: 0, bytes: bytes.slice(), cutTo: 0 }))),
      append: (path, bytes) =>
        reach(() => this.#write(path, ({ content }) => ({ offset: content.length, bytes: bytes.slice() }))),
      sync: (path) => reach(() => this.#sync(path)),
      rename: (from, to) => reach(() => this.#rename(from, to)),
      remove: (path) => reach(() => this.#remove(path)),
      list: (directory) => reach(() => this.#list(directory)),
      lock: (path) =>
        reach(() => {
          if (this.#locks.has(path)) return undefined;
          this.#locks.add(path);
          held.add(path);
          return () => void (held.delete(path) && this.#locks.delete(path));
        }),
    };
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw new HoldfastError("ENOENT", `${path} does not exist`);
    return inode;
  }

  #write(path: string, write: (inode: Inode) => Write): void {
    if (this.full) throw new HoldfastError("ENOSPC", `${path}: no space is left`);
    this.#mayFail(path);
    let inode = this.#names.get(path);
    if (!inode) {
      inode = { content: new Uint8Array(), durable: new Uint8Array(), unsynced: [] };
      this.#change({ to: path, inode });
    }
    const made = write(inode);
    inode.unsynced.push(made);
    inode.content = written(inode.content, made);
  }

  #sync(path: string): void {
    this.#mayFail(path);
    const inode = this.#names.get(path);
    if (inode) {
      inode.durable = inode.content;
      inode.unsynced = [];
      return;
    }
    // The journal is in order: what came before a change in this directory is durable with it.
    const isHere = ({ from, to }: NameChange) => [from, to].some((name) => name && parent(name) === path);
    const count = this.#unsynced.findLastIndex(isHere) + 1;
    for (const change of this.#unsynced.splice(0, count)) applyTo(this.#durableNames, change);
  }

  #rename(from: string, to: string): void {
    this.#mayFail(from);
    this.#change({ from, to, inode: this.#inode(from) });
  }

  #remove(path: string): void {
    this.#inode(path);
    this.#change({ from: path });
  }

  #change(change: NameChange): void {
    applyTo(this.#names, change);
    this.#unsynced.push(change);
  }

  #list(directory: string): string[] {
    const names = [...this.#names.keys()].filter((path) => parent(path) === directory);
    // The order of a real directory is that of its hashes.
    return names
      .map((path) => ({ name: path.slice(path.lastIndexOf("/") + 1), order: this.#random.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ name }) => name);
  }

  #mayFail(path: string): void {
    if (this.#failing.left === 0) return;
    this.#failing.left--;
    throw new HoldfastError(this.#failing.code, `${path}: ${this.#failing.code}`);
  }

  #lose(inode: Inode): void {
    for (const write of inode.unsynced) {
      const chance = this.#random.next();
      const length = Math.floor(this.#random.next() * write.bytes.length);
      if (chance < 0.5) inode.durable = written(inode.durable, write);
      else if (chance < 0.75) {
        inode.durable = written(inode.durable, { ...write, bytes: write.bytes.slice(0, length) });
      }
    }
    inode.content = inode.durable;
    inode.unsynced = [];
  }
}

function applyTo(names: Map<string, Inode>, { from, to, inode }: NameChange): void {
  if (from !== undefined) names.delete(from);
  if (to !== undefined && inode) names.set(to, inode);
}

function written(content: Uint8Array, { offset, bytes, cutTo }: Write): Uint8Array {
  const kept = cutTo === undefined ? content : content.slice(0, cutTo);
  const next = new Uint8Array(Math.max(kept.length, offset + bytes.length));
  next.set(kept);
  next.set(bytes, offset);
  return next;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
