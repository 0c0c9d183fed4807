import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock, Random } from "@holdfast/runtime";
import type { Counters } from "../counters.ts";
import type { RelayLimits } from "../options.ts";
import type { RelayStore } from "../store/relay-store.ts";
import type { Readers } from "../stream/readers.ts";
import type { WakeBus } from "../wake/wake-bus.ts";

/** What the routes of a relay share. */
export interface RelayParts {
  readonly store: RelayStore;
  readonly wakes: WakeBus;
  readonly readers: Readers;
  readonly counters: Counters;
  readonly limits: RelayLimits;
  readonly clock: Clock;
  readonly random: Random;
}

/** One request under way. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}
