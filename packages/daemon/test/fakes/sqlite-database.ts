import type { DaemonEvent } from "../../src/api/contract.ts";
import { type KeptState, type StateChange, StateDatabase } from "../../src/store/state-database.ts";
import { MemoryDatabase } from "./fake-daemon.ts";

/** The real tables of the real database, in memory. */
export class SqliteDatabase extends MemoryDatabase {
  readonly #state = new StateDatabase(":memory:");

  override load(): KeptState {
    return this.#state.load();
  }
  override write(changes: readonly StateChange[]): void {
    this.#state.write(changes);
  }
  override lastEvent(): number {
    return this.#state.lastEvent();
  }
  override readEvents(after: number, limit: number): readonly DaemonEvent[] {
    return this.#state.readEvents(after, limit);
  }
  override readEventsBefore(
    ...asked: Parameters<MemoryDatabase["readEventsBefore"]>
  ): readonly DaemonEvent[] {
    return this.#state.readEventsBefore(...asked);
  }
  override readOperations(
    ...asked: Parameters<MemoryDatabase["readOperations"]>
  ): ReturnType<MemoryDatabase["readOperations"]> {
    return this.#state.readOperations(...asked);
  }
  close(): void {
    this.#state.close();
  }
}
