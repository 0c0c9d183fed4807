import type { SourceLocation } from "../../spec/app-spec.ts";
import type { ProblemList } from "../problem.ts";
import type { MapReader } from "../reader.ts";

/** Keys that are right and mean nothing here, told in one warning and not in one each. */
export class IgnoredKeys {
  readonly #names = new Set<string>();
  #first: SourceLocation | undefined;

  /** Reads past the keys, and remembers those that are there. */
  accept(reader: MapReader, ...keys: readonly string[]): void {
    reader.accept(...keys);
    for (const key of keys) {
      if (!reader.has(key)) continue;
      this.#first ??= reader.locationOf(key);
      this.#names.add(key);
    }
  }

  warn(warnings: ProblemList): void {
    if (this.#names.size === 0) return;
    const names = [...this.#names].join(", ");
    warnings.add("ignored-key", `these keys have no effect here: ${names}`, this.#first);
  }
}
