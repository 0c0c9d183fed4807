// A small peer program, as anybody would build one with the library: rows L-05 to L-09.
import { Inbox, type Sender } from "../../src/inbox.ts";
import {
  type Clock,
  EventBus,
  required,
  type ShutdownReason,
  ShutdownToken,
  Supervisor,
  type SupervisorExit,
} from "../../src/index.ts";
import { Downloads } from "./downloads.ts";
import type { Disk, Network } from "./seams.ts";

export type Command =
  | { readonly type: "download" | "download-anew" | "cancel"; readonly item: string }
  | { readonly type: "explode" };

export type PeerEvent =
  | { readonly type: "completed" | "cancelled" | "all-peers-gone"; readonly item: string }
  | { readonly type: "failed"; readonly item: string; readonly error: unknown }
  | { readonly type: "runtime-failed"; readonly component: string; readonly error: unknown };

export interface PeerOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly disk: Disk;
  readonly chunks?: number;
  readonly shutdown?: ShutdownToken;
}

/** What the application holds. */
export interface PeerHandle {
  sender(): Sender<Command>;
  /** Asks, and returns at once. */
  shutdown(reason?: ShutdownReason): void;
  /** Resolves within 2 s of the shutdown, whoever hangs; `left` names them. Never rejects. */
  waitStopped(): Promise<SupervisorExit>;
  readonly events: EventBus<PeerEvent>;
  readonly downloads: Downloads;
  readonly supervisor: Supervisor;
}

const stopBudgetMs = 2_000;

/** Starts it, and returns at once. */
export function startPeer(options: PeerOptions): PeerHandle {
  const { clock, network, disk, chunks = 4 } = options;
  const shutdown = new ShutdownToken(options.shutdown);
  const events = new EventBus<PeerEvent>();
  const commands = new Inbox<Command>();
  const downloads = new Downloads({ clock, network, disk, events, shutdown: shutdown.childToken(), chunks });
  const peers = new Set<string>();

  const watchPeers = async (token: ShutdownToken): Promise<void> => {
    const off = network.onPeers((peer, items) => {
      if (items === "gone") peers.delete(peer);
      else peers.add(peer);
      downloads.peerChanged(peer, items);
    });
    await token.cancelled;
    off();
    await Promise.all([...peers].map((peer) => network.goodbye(peer)));
  };

  const obey = (command: Command): void => {
    switch (command.type) {
      case "download":
      case "download-anew":
        downloads.begin(command.item, command.type);
        break;
      case "cancel":
        downloads.running(command.item)?.cancel({ kind: "user-requested" });
        break;
      case "explode":
        throw new Error("a bug");
    }
  };

  const commandLoop = async (token: ShutdownToken): Promise<void> => {
    for (;;) {
      const next = await commands.receive(token);
      if (next.kind === "cancelled") return;
      if (next.kind === "closed") throw new Error("the command channel closed", { cause: next.error });
      obey(next.value);
    }
  };

  const finishDownloads = async (token: ShutdownToken): Promise<void> => {
    const reason = await token.cancelled;
    downloads.tasks.token.cancel(reason);
    const { laggards } = await downloads.tasks.joinAll(stopBudgetMs / 2);
    if (laggards.length > 0) throw new Error(`left: ${laggards.map(({ name }) => name).join(", ")}`);
  };

  const supervisor = new Supervisor({
    clock,
    shutdown,
    stopBudgetMs,
    children: [
      required("peers", ({ token }) => watchPeers(token)),
      required("downloads", ({ token }) => finishDownloads(token)),
      required("commands", ({ token }) => commandLoop(token)),
    ],
  });
  supervisor.subscribe((event) => {
    if (event.type === "runtime-failed") {
      events.publish({ type: "runtime-failed", component: event.component, error: event.error });
    }
  });
  // What fails is told by `waitStopped` and by an event.
  supervisor.start().catch(() => {});
  // Who still sends learns that nobody listens.
  void supervisor.done.then(() => commands.sender.close());
  return {
    sender: () => commands.sender,
    shutdown: (reason) => void supervisor.stop(reason),
    waitStopped: () => supervisor.done,
    events,
    downloads,
    supervisor,
  };
}
