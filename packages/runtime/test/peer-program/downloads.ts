// The downloads of the peer program: each a task with a token of its own, each entry with one owner.
import {
  CancelledError,
  type Clock,
  type EventBus,
  HoldfastError,
  isAbortError,
  type Operation,
  Operations,
  orCancelled,
  type ShutdownReason,
  type ShutdownToken,
  Store,
  TaskRegistry,
} from "../../src/index.ts";
import type { PeerEvent } from "./peer-program.ts";
import type { Disk, Network } from "./seams.ts";

export type ItemState = "wanted" | "downloading" | "complete";

export interface DownloadsOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly disk: Disk;
  readonly events: EventBus<PeerEvent>;
  readonly shutdown: ShutdownToken;
  readonly chunks: number;
}

const peersGone: ShutdownReason = { kind: "requested-by-run", message: "all peers are gone" };

export class Downloads {
  /** What is known of each item: the one place that says whether it is being downloaded. */
  readonly items: Store<ItemState> = new Store();
  readonly tasks: TaskRegistry;
  readonly #options: DownloadsOptions;
  readonly #operations: Operations<ItemState>;
  readonly #holders = new Map<string, Set<string>>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.tasks = new TaskRegistry(options.shutdown, { clock: options.clock });
    this.#operations = new Operations(this.items, {
      clock: options.clock,
      onConflict: (_running, requested) => (requested === "download-anew" ? "replace" : "join"),
    });
  }

  running(item: string): Operation | undefined {
    return this.#operations.running(item);
  }

  /** Who has what. When nobody has an item any more, its download is cancelled. */
  peerChanged(peer: string, items: readonly string[] | "gone"): void {
    for (const [item, holders] of this.#holders) {
      if (holders.delete(peer) && holders.size === 0) this.running(item)?.cancel(peersGone);
    }
    if (items === "gone") return;
    for (const item of items) this.#holders.set(item, (this.#holders.get(item) ?? new Set()).add(peer));
  }

  begin(item: string, name: "download" | "download-anew" = "download"): Operation {
    this.items.set(item, this.items.get(item) ?? "wanted");
    const joined = name === "download" && this.running(item);
    if (joined) return joined;
    const operation = this.#operations.begin({
      id: item,
      name,
      via: "downloading",
      to: "complete",
      run: (token) => this.#run(item, token),
    });
    void operation.done.then((end) => {
      if (end.kind === "done") this.#options.events.publish({ type: "completed", item });
      if (end.kind === "failed") this.#options.events.publish(failureEvent(item, end.error));
    });
    return operation;
  }

  async #run(item: string, asked: ShutdownToken): Promise<void> {
    const task = this.tasks.spawn(`download ${item}`, { kind: "peer-connection" }, (token) =>
      this.#download(item, token),
    );
    const off = asked.onCancel((reason) => task.abort(reason));
    const outcome = await task.done;
    off();
    if (outcome.kind === "failed") throw outcome.error;
    if (outcome.kind === "cancelled") throw new CancelledError(outcome.reason);
  }

  /** Looks at its token between chunks and between peers, never inside a write. */
  async #download(item: string, token: ShutdownToken): Promise<void> {
    const { disk, chunks } = this.#options;
    for (let chunk = 0; chunk < chunks; chunk++) {
      token.throwIfCancelled();
      if (disk.has(item, chunk)) continue;
      const bytes = await this.#fetch(item, chunk, token);
      token.throwIfCancelled();
      await disk.write(item, chunk, bytes);
    }
  }

  async #fetch(item: string, chunk: number, token: ShutdownToken): Promise<string> {
    const failures: unknown[] = [];
    for (const peer of [...(this.#holders.get(item) ?? [])]) {
      token.throwIfCancelled();
      try {
        return await orCancelled(this.#options.network.fetchChunk(peer, item, chunk, token), token);
      } catch (error) {
        if (isAbortError(error)) throw error;
        failures.push(error);
        // Noticed here before discovery does: it is one and the same leaving.
        if (codeOf(error) === "PEER_GONE") this.peerChanged(peer, "gone");
      }
    }
    if ((this.#holders.get(item)?.size ?? 0) === 0) {
      throw new HoldfastError("ALL_PEERS_GONE", `nobody has ${item}`);
    }
    throw new AggregateError(failures, `nobody gives ${item}/${chunk}`);
  }
}

/** One end, one event: whether the peers' leaving was seen as a cancellation or as a failed fetch is all one. */
function failureEvent(item: string, error: unknown): PeerEvent {
  const gone =
    error instanceof CancelledError ? error.details === peersGone : codeOf(error) === "ALL_PEERS_GONE";
  if (gone) return { type: "all-peers-gone", item };
  return isAbortError(error) ? { type: "cancelled", item } : { type: "failed", item, error };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof HoldfastError ? error.code : undefined;
}
