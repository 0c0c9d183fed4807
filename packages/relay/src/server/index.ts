export { isProxy } from "./http/address.ts";
export {
  defaultLimits,
  defaultQuota,
  defaultRates,
  defaultRetention,
  defaultStreams,
  type Rate,
  type Rates,
  type RelayLimits,
  type RelayOptions,
  type Retention,
  type StreamTiming,
} from "./options.ts";
export { createRelay, type ListenOptions, type Relay } from "./relay.ts";
export { RelayError, type RelayErrorDetails } from "./relay-error.ts";
export type {
  AppendOutcome,
  HeadListener,
  NewEvent,
  ReadRequest,
  RelayStore,
  SlotQuota,
  SlotRow,
  StoredEvent,
  StoredPage,
  StoreUsage,
  TokenRow,
  TrimRule,
} from "./store/relay-store.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./store/sqlite/sqlite-store.ts";
export { localWakeBus } from "./wake/local-wake-bus.ts";
export type { WakeBus } from "./wake/wake-bus.ts";
