import { ShutdownToken } from "@holdfast/runtime";
import type { World } from "@holdfast/runtime/testing";
import type { DaemonEvent } from "../../../src/api/contract.ts";
import type { Box } from "./daemon-program.ts";

/** Follows the events through all daemons, each time after the last it had: I10. */
export class Follower {
  readonly #box: Box;
  readonly #world: World;
  readonly #seen = new Set<number>();
  #last = 0;
  #connections = 0;
  #first: number | undefined;

  constructor(box: Box) {
    this.#box = box;
    this.#world = box.world;
    box.onServing(() => void this.#follow());
  }

  /** All that is on the disk was told, and only in order. */
  expectAll(): void {
    const { database } = this.#box;
    const missed = database.events.find(({ seq }) => seq > (this.#first ?? Infinity) && !this.#seen.has(seq));
    this.#world.assert("I10", missed === undefined, () => `nobody was told of ${missed?.message}`);
  }

  async #follow(): Promise<void> {
    const { serving } = this.#box;
    if (serving === undefined) return;
    const { life, table } = serving;
    const connection = ++this.#connections;
    let isOver = false;
    const ends: (() => void)[] = [];
    const end = (): void => {
      isOver = true;
      for (const call of ends.splice(0)) call();
    };
    const context = {
      principal: "follower",
      token: new ShutdownToken(),
      subscribe: () => ({
        id: "1",
        notify: (event: DaemonEvent) => {
          // A connection that breaks takes with it what was on its way.
          if (!life.isOver && !isOver) {
            if (this.#world.faults.strikes("a follower is cut off", 0.005)) {
              end();
              void this.#world.clock.sleep(20).then(() => {
                if (connection === this.#connections) void this.#follow();
              });
            } else this.#take(event);
          }
          return true;
        },
        drained: () => Promise.resolve(),
        onEnd: (listener: () => void) => {
          if (isOver) listener();
          else ends.push(listener);
        },
        end,
        ended: false,
      }),
    };
    const after = this.#first === undefined ? {} : { after: this.#last };
    const { seq } = await table["events.follow"].call(after, context);
    if (this.#first === undefined) {
      this.#first = seq;
      this.#last = Math.max(this.#last, seq);
    } else this.#world.mark("a follower was there again");
  }

  #take({ seq, message }: DaemonEvent): void {
    this.#world.assert("I10", seq > this.#last, () => `event ${seq} comes after ${this.#last}: ${message}`);
    this.#last = seq;
    this.#seen.add(seq);
  }
}
