import type { Clock, Random } from "@holdfast/runtime";
import type { RelayStore } from "./store/relay-store.ts";
import type { WakeBus } from "./wake/wake-bus.ts";

/** What a relay takes at most. Whoever comes beyond a limit is refused, and nobody who is there has to go. */
export interface RelayLimits {
  /** Of one envelope. */
  readonly maxEnvelopeBytes: number;
  /** Of the request line and headers together. */
  readonly maxHeaderBytes: number;
  /** In which a client has sent its headers. */
  readonly headersTimeoutMs: number;
  /** In which a client has sent its whole request. */
  readonly requestTimeoutMs: number;
  /** Sockets of all kinds. */
  readonly maxConnections: number;
  /** Requests under way, streams left out. */
  readonly maxRequests: number;
  /** Streams, and those of one slot. */
  readonly maxReaders: number;
  readonly maxReadersPerSlot: number;
  readonly maxSlots: number;
  /** Of the same scope, slot and sender, alive at once: one that is used and one that it is replaced with. */
  readonly maxTokensAlike: number;
  /** Of one page: events, and the bytes after which no more are added. */
  readonly maxPageEvents: number;
  readonly maxPageBytes: number;
}

/** Requests of one token or address: so many a second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** How often one may ask. */
export interface Rates {
  /** Postings of one token. */
  readonly post: Rate;
  /** All else of one token. */
  readonly read: Rate;
  /** Requests without a good token, of one IPv4 address or IPv6 /64; all but `/healthz` and `/readyz`. */
  readonly stranger: Rate;
}

/** What is kept for how long. */
export interface Retention {
  /** Older events go, read or not; who had not read them is told by 410. */
  readonly maxAgeMs: number;
  /** Of what was read so much is kept. */
  readonly keepBytes: number;
  /** How often it is looked. */
  readonly everyMs: number;
}

/** How streams are kept alive and ended. */
export interface StreamTiming {
  readonly heartbeatMs: number;
  /** A reader that has taken nothing for so long is cut. */
  readonly stallMs: number;
}

/** What `createRelay` takes. Store and wakes are the relay's from then on, and are closed with it. */
export interface RelayOptions {
  readonly store: RelayStore;
  /** Without: the wakes of this process, which is right where it alone has the store. */
  readonly wakes?: WakeBus;
  readonly limits?: Partial<RelayLimits>;
  readonly rates?: Partial<Rates>;
  /**
   * Proxies whose `X-Forwarded-For` is believed: addresses, subnets (`10.0.0.0/8`), `unix` for whoever connects to a Unix
   * socket. None by default: then everybody behind a proxy is one stranger. Only what has no good token is counted by it.
   */
  readonly trustedProxies?: readonly string[];
  readonly retention?: Partial<Retention>;
  readonly streams?: Partial<StreamTiming>;
  /** Origins of web pages that may use the relay, such as `https://app.example`. None by default. */
  readonly corsOrigins?: readonly string[];
  readonly version?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Is told what went wrong on the relay's side; by default on stderr. */
  readonly onError?: (error: unknown, where: string) => void;
}

export const defaultLimits: RelayLimits = {
  maxEnvelopeBytes: 262_144,
  maxHeaderBytes: 16_384,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  maxConnections: 20_000,
  maxRequests: 1_000,
  maxReaders: 16_384,
  maxReadersPerSlot: 4_096,
  maxSlots: 100_000,
  maxTokensAlike: 2,
  maxPageEvents: 1_000,
  maxPageBytes: 4 * 1024 * 1024,
};

export const defaultRates: Rates = {
  post: { perSecond: 500, burst: 2_000 },
  read: { perSecond: 200, burst: 1_000 },
  stranger: { perSecond: 10, burst: 200 },
};

export const defaultRetention: Retention = {
  maxAgeMs: 30 * 24 * 3_600_000,
  keepBytes: 16 * 1024 * 1024,
  everyMs: 60_000,
};

export const defaultStreams: StreamTiming = { heartbeatMs: 15_000, stallMs: 30_000 };

/** How much a slot holds unless told otherwise. */
export const defaultQuota: { readonly maxEvents: number; readonly maxBytes: number } = {
  maxEvents: 100_000,
  maxBytes: 256 * 1024 * 1024,
};
