import type { AppSpec } from "@holdfast/daemon";
import type { AppStatus } from "@holdfast/daemon/api";
import { hasEnded } from "../targets/app-label.ts";
import { exitText } from "../terminal/ps-table.ts";

/** The apps that an `up` follows, as the daemon last told of them. Rows are replaced, never changed. */
export class ProjectView {
  readonly #names: ReadonlySet<string>;
  readonly #specs: ReadonlyMap<string, AppSpec>;
  #rows = new Map<string, AppStatus>();

  constructor(apps: readonly AppSpec[], names: Iterable<string>) {
    this.#names = new Set(names);
    this.#specs = new Map(apps.map((app) => [app.name, app]));
  }

  follows(name: string | null): boolean {
    return name !== null && this.#names.has(name);
  }

  /** All there are: what is not among `rows` exists no more. */
  replace(rows: readonly AppStatus[]): void {
    this.#rows = new Map();
    for (const row of rows) this.update(row);
  }

  update(row: AppStatus): void {
    if (this.follows(row.name)) this.#rows.set(`${row.name}.${row.instance}`, row);
  }

  /** A state event comes before the end of the operation that led to it, so its row still names that operation. */
  operationEnded(id: string): void {
    for (const [key, row] of this.#rows) {
      if (row.operation?.id === id) this.#rows.set(key, { ...row, operation: null });
    }
  }

  /** It exists no more. */
  removed(name: string): void {
    for (const [key, row] of this.#rows) if (row.name === name) this.#rows.delete(key);
  }

  /** Names that something of is up, or will be without anybody asking. */
  live(): readonly string[] {
    return [...new Set([...this.#rows.values()].filter((row) => !hasEnded(row)).map(({ name }) => name))];
  }

  /** True when nothing goes on and nothing will: there is no reason to follow any longer. */
  hasEnded(): boolean {
    // Asked after each event: one that is live is enough.
    for (const row of this.#rows.values()) if (!hasEnded(row)) return false;
    return true;
  }

  /** A sentence for each app that did not end well. */
  failures(): readonly string[] {
    return [...this.#rows.values()].flatMap((row) => {
      const why = this.#failure(row);
      return why === undefined ? [] : [why];
    });
  }

  #failure({ name, state, exit, lastError }: AppStatus): string | undefined {
    if (state === "failed")
      return `${name} failed: ${lastError ?? (exit === null ? "it did not start" : exitText(exit))}`;
    if (state !== "completed" || exit === null || exit.code === 0) return undefined;
    if (exit.code !== null && this.#specs.get(name)?.successExitCodes.includes(exit.code)) return undefined;
    return `${name} ended with ${exitText(exit)}`;
  }
}
