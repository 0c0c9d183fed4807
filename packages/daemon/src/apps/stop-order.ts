import type { AppSpec } from "../spec/app-spec.ts";
import { dependantsAmong } from "./dependencies.ts";
import { stopBudgets } from "./stop-budget.ts";

/** Apps that are stopped together: each is held until those among them that need it are stopped. */
export class StopOrder {
  readonly #dependants: ReadonlyMap<string, readonly string[]>;
  readonly #budgets: ReadonlyMap<string, number>;
  readonly #stopped = new Map<string, PromiseWithResolvers<void>>();

  /** Without `isOrdered` nobody is held. `timeoutMs` replaces each app's own grace. */
  constructor(
    names: ReadonlySet<string>,
    specs: ReadonlyMap<string, Pick<AppSpec, "name" | "dependsOn" | "stop">>,
    isOrdered: boolean,
    timeoutMs?: number,
  ) {
    const own = [...names].flatMap((name) => specs.get(name) ?? []);
    const hurried = own.map((spec) =>
      timeoutMs === undefined ? spec : { ...spec, stop: { ...spec.stop, graceMs: timeoutMs } },
    );
    this.#budgets = stopBudgets(hurried, isOrdered);
    this.#dependants = isOrdered ? dependantsAmong(names, specs) : new Map();
    for (const name of names) this.#stopped.set(name, Promise.withResolvers<void>());
  }

  /** The longest that it can take until an app is stopped, with those before it. */
  budgetMs(name: string): number | undefined {
    return this.#budgets.get(name);
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
