import type { Store } from "../../../src/index.ts";
import type { Machine, World } from "../../../src/testing/index.ts";
import { whole } from "./draw.ts";

/**
 * Follows a store and mirrors it, `slowMs` at most between two looks: I10, no change is missed or comes twice.
 * Gives what compares the mirror with the store, once both are at rest.
 */
export function mirror<T>(world: World, machine: Machine, store: Store<T>, slowMs: number): () => void {
  const entries = new Map<string, T>();
  let at = -1;
  void (async () => {
    let snapshots = 0;
    for await (const update of store.follow()) {
      if (update.kind === "snapshot") {
        const { version } = update.snapshot;
        world.assert("I10", version >= at, `a follower at ${at} is set back to ${version}`);
        at = version;
        entries.clear();
        for (const [id, value] of update.snapshot.entries) entries.set(id, value);
        if (snapshots++ > 0) world.mark("a slow follower was given the whole store anew");
      } else {
        const { version, id, value } = update.change;
        world.assert("I10", version === at + 1, `a follower at ${at} is given change ${version}`);
        at = version;
        if (value === undefined) entries.delete(id);
        else entries.set(id, value);
      }
      if (slowMs > 0) await machine.clock.sleep(whole(machine.random, 0, slowMs));
    }
  })();
  return () => {
    const both = [entries, store.snapshot().entries].map((map) => JSON.stringify([...map].sort()));
    world.assert("I10", both[0] === both[1], `a follower has ${both[0]}, the store ${both[1]}`);
  };
}
