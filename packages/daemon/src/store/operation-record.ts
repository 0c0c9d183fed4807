import type { Operation, OperationKind } from "../api/contract.ts";
import type { AppSpec, UpdatePolicy } from "../spec/app-spec.ts";

/** How many operations are remembered in memory, those under way and the last that ended. */
export const rememberedOperations = 1_000;

/** A restart in batches. */
export interface Roll {
  readonly policy: UpdatePolicy;
  /** What the app was before, to go back to; absent when nothing of it was changed. */
  readonly from?: AppSpec;
  /** Present once it goes back: why, and the runs that are to be ended. */
  readonly back?: { readonly why: string; readonly runs: readonly string[] };
}

/** An operation with all that a later daemon needs to end what a crash left undone. */
export interface OperationRecord extends Operation {
  /** The caller's own key: a second request with it is the first one again. */
  readonly key: string | null;
  readonly timeoutMs: number | null;
  /** The runs that were the last ones when it began: an instance with another one was launched by it. */
  readonly before: readonly string[];
  /** The instances that are stopped for good and forgotten, and what they were. */
  readonly drop: { readonly spec: AppSpec; readonly instances: readonly number[] } | null;
  /** The number of the event that told of its beginning. */
  readonly told?: number;
  /** Present for a restart in batches. */
  readonly roll?: Roll;
  /** Of a removal: its output stays where it is. */
  readonly keepData?: true;
  /** Other requests that joined it, each by its kind and its own key: the last ones. */
  readonly joined?: readonly { readonly kind: OperationKind; readonly key: string }[];
}

/** The part of it that goes over the wire. */
export function publicOperation(record: OperationRecord): Operation {
  const { id, kind, project, name, instance, by, state, since, ended, error } = record;
  return { id, kind, project, name, instance, by, state, since, ended, error };
}

/** The same, and no more known by these keys. */
export function withoutKeys(record: OperationRecord, keys: ReadonlySet<string>): OperationRecord {
  const { key, joined } = record;
  return {
    ...record,
    key: key !== null && keys.has(key) ? null : key,
    ...(joined && { joined: joined.filter((each) => !keys.has(each.key)) }),
  };
}
