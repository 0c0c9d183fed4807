import type { AppSpec } from "../spec/app-spec.ts";
import { dependantsAmong } from "./dependencies.ts";

/** Apps that are stopped together: each is held until those among them that need it are stopped. */
export class StopOrder {
  readonly #dependants: ReadonlyMap<string, readonly string[]>;
  readonly #stopped = new Map<string, PromiseWithResolvers<void>>();

  /** Without `isOrdered` nobody is held. */
  constructor(
    names: ReadonlySet<string>,
    specs: ReadonlyMap<string, Pick<AppSpec, "dependsOn">>,
    isOrdered: boolean,
  ) {
    this.#dependants = isOrdered ? dependantsAmong(names, specs) : new Map();
    for (const name of names) this.#stopped.set(name, Promise.withResolvers<void>());
  }

  /** Stops an app in its turn. One that fails or comes late holds nobody up for longer than it takes. */
  async inTurn(name: string, stop: () => Promise<void>): Promise<void> {
    // A cycle cannot be: the manifest was refused.
    const before = this.#dependants.get(name) ?? [];
    await Promise.all(before.flatMap((dependant) => this.#stopped.get(dependant)?.promise ?? []));
    try {
      await stop();
    } finally {
      this.#stopped.get(name)?.resolve();
    }
  }
}
