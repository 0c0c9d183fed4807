import type { World } from "@holdfast/runtime/testing";
import { usualWebhook, type Webhook } from "../../../src/hooks/hook-spec.ts";
import type { HookMachine } from "../../../src/hooks/outbox.ts";
import type { DaemonLife } from "./daemon-life.ts";
import type { SimulatedDatabase } from "./database.ts";
import { whole } from "./draw.ts";

/** What every manifest of a simulation has. */
export const simulatedHook: Webhook = {
  name: "ops",
  url: "https://hooks.example/",
  ...usualWebhook,
  events: ["operation.done", "state.running"],
};

/** Whoever is told of events by a webhook, over all daemons: at least once, and of nothing that may be undone. */
export class HookReceiver {
  /** A project that is gone takes with it what its webhook was not told yet. */
  isExcused = false;
  readonly #world: World;
  readonly #database: SimulatedDatabase;
  readonly #told = new Map<string, number>();

  constructor(world: World, database: SimulatedDatabase) {
    this.#world = world;
    this.#database = database;
  }

  machine(life: DaemonLife): HookMachine {
    const random = this.#world.fork("webhooks");
    return {
      readSecret: () => "",
      run: async () => undefined,
      post: ({ headers }) =>
        life.later(whole(random, 0, 20), () => {
          const id = headers["webhook-id"] ?? "";
          const isWritten = this.#database.events.some(({ seq }) => id === `msg_${seq}`);
          this.#world.assert("I3", isWritten, () => `a webhook is told of ${id}, which is not on the disk`);
          if (this.#world.faults.strikes("a webhook fails", 0.1)) return { kind: "status", status: 503 };
          const times = (this.#told.get(id) ?? 0) + 1;
          this.#told.set(id, times);
          this.#world.mark(times === 1 ? "a webhook was told" : "a webhook was told again");
          return { kind: "status", status: 204 };
        }),
    };
  }

  /** What is still to be told, if anything: all that is on the disk was to be, once nothing fails any more. */
  complaint(): string | undefined {
    const [owed] = this.#database.deliveries.values();
    if (owed !== undefined) return `a webhook is never told of ${owed.id}`;
    if (this.isExcused) return undefined;
    const missed = this.#database.events.find(
      ({ seq, app, operation, type }) =>
        ((type === "operation" && operation?.state === "done") ||
          (type === "state" && app?.state === "running")) &&
        !this.#told.has(`msg_${seq}`),
    );
    return missed && `nobody was told of event ${missed.seq}: ${missed.message}`;
  }
}
