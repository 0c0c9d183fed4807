import type { Target, Usage } from "../api/contract.ts";

/** What apps used, as far back as it is kept. */
export class UsageLog {
  readonly #followers = new Set<(usages: readonly Usage[]) => void>();

  /** The samples of what `targets` name, or of all, taken since then, the oldest first. */
  read(_targets?: readonly Target[], _since?: number): readonly Usage[] {
    return [];
  }

  /** Hears of each further sample. Returns the function that ends it. */
  follow(_targets: readonly Target[] | undefined, onUsage: (usages: readonly Usage[]) => void): () => void {
    this.#followers.add(onUsage);
    return () => this.#followers.delete(onUsage);
  }
}
