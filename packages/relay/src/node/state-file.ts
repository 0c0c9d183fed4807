import { readFileSync } from "node:fs";
import { type Clock, systemClock } from "@holdfast/runtime";
import * as v from "valibot";
import type { ClientState } from "../client/client-state.ts";
import type { RelayClient } from "../client/relay-client.ts";
import { replaceFile } from "./own-file.ts";

/** How a client stands with its relay, for whoever looks from outside. Times are wall ms. */
export interface StreamStatus {
  readonly version: 1;
  readonly state: ClientState["kind"];
  readonly since: number;
  /** When mail last came in, by this run or one before. */
  readonly lastEventAt: number | null;
  /** How often it was connected again. */
  readonly reconnects: number;
}

const form = v.object({
  version: v.literal(1),
  state: v.picklist(["stopped", "connecting", "connected", "degraded", "backoff", "unauthorised"]),
  since: v.number(),
  lastEventAt: v.nullable(v.number()),
  reconnects: v.number(),
});

/** What the file says; `undefined` for one that is missing, cannot be read, or is of a later version: not known. */
export function readStateFile(path: string): StreamStatus | undefined {
  try {
    const parsed = v.safeParse(form, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the file until it is disposed of. */
export interface StateFile extends AsyncDisposable {
  /** Resolves once the file says what is so now, or could not be written. */
  settled(): Promise<void>;
}

/**
 * Keeps a file that tells the state of a client: written as a whole at each change, one write at a time, the newest state
 * last. As well as it can: a directory that cannot be written to stops nothing.
 */
export function keepStateFile(client: RelayClient, path: string, clock: Clock = systemClock): StateFile {
  const before = readStateFile(path);
  let status: StreamStatus = {
    ...{ version: 1, state: client.state.kind, since: clock.now() },
    ...{ lastEventAt: before?.lastEventAt ?? null, reconnects: before?.reconnects ?? 0 },
  };
  let isDirty = true;
  let writing: Promise<void> | undefined;
  let wasConnected = false;

  const write = async (): Promise<void> => {
    while (isDirty) {
      isDirty = false;
      await replaceFile(path, `${JSON.stringify(status)}\n`).catch(() => {});
    }
    writing = undefined;
  };
  const change = (more: Partial<StreamStatus>): void => {
    status = { ...status, ...more };
    isDirty = true;
    writing ??= write();
  };
  change({});
  const off = client.events.subscribe((event) => {
    if (event.type === "accepted") change({ lastEventAt: clock.now() });
    if (event.type !== "state" || event.state.kind === status.state) return;
    const isAgain = event.state.kind === "connected" && wasConnected && status.state !== "degraded";
    wasConnected ||= event.state.kind === "connected";
    change({
      ...{ state: event.state.kind, since: clock.now() },
      ...(isAgain && { reconnects: status.reconnects + 1 }),
    });
  });
  return {
    settled: async () => writing,
    async [Symbol.asyncDispose]() {
      off();
      await writing;
    },
  };
}
