import { type Clock, describeError, HoldfastError, type ShutdownToken } from "@holdfast/runtime";
import type { Exit } from "../spec/app-state.ts";
import type { AppStore } from "../store/app-store.ts";
import type { InstanceRecord } from "../store/instance-record.ts";

/** An instance that is neither ready nor known to have failed for so long has failed. */
const readyWithinMs = 600_000;

export type ReadyVerdict =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting" }
  | { readonly kind: "failed"; readonly why: string };

/** How far an instance is that was started a while ago. Pure. */
export function readyVerdict({ state }: InstanceRecord): ReadyVerdict {
  switch (state.kind) {
    case "running":
      if (state.health === "unhealthy") return { kind: "failed", why: "it is unhealthy" };
      return { kind: state.ready ? "ready" : "waiting" };
    case "completed":
      return { kind: "ready" };
    case "starting":
    case "restarting":
    case "installing":
    case "unknown":
      return { kind: "waiting" };
    case "backoff":
      return { kind: "failed", why: `it ended with ${exitText(state.lastExit)}` };
    case "failed":
      return { kind: "failed", why: state.reason };
    case "stopped":
    case "stopping":
    case "removing":
      return { kind: "failed", why: "it was stopped" };
  }
}

/**
 * Resolves once an instance has been ready for `monitorMs`. Rejects with `NOT_READY` and the reason when it has failed,
 * or is not ready within ten minutes; with a cancelled token, when the daemon ends.
 */
export async function becomesReady(
  { store, clock, token }: { readonly store: AppStore; readonly clock: Clock; readonly token: ShutdownToken },
  key: Pick<InstanceRecord, "project" | "name" | "instance">,
  monitorMs: number,
): Promise<void> {
  const watch = token.childToken();
  const seen = Promise.withResolvers<void>();
  const fail = (why: string): void => seen.reject(new HoldfastError("NOT_READY", why));
  let isWatched = false;
  const look = (): void => {
    const verdict = readyVerdict(store.get(key));
    if (verdict.kind === "failed") fail(verdict.why);
    if (verdict.kind !== "ready" || isWatched) return;
    isWatched = true;
    void clock.sleep(monitorMs, watch).then((how) => how === "elapsed" && seen.resolve());
  };
  const stopListening = store.onChange(({ after }) => {
    if (after.project === key.project && after.name === key.name && after.instance === key.instance) look();
  });
  const late = clock.sleep(readyWithinMs, watch).then((how) => {
    if (how === "elapsed") fail(`it is not ready after ${readyWithinMs / 60_000} minutes`);
    else fail("the daemon ends");
  });
  try {
    look();
    await seen.promise;
  } finally {
    stopListening();
    watch.cancel({ kind: "requested-by-run", message: "it is known" });
    await late;
  }
}

/** A sentence about what went wrong with an instance. */
export function reasonOf(error: unknown): string {
  return error instanceof HoldfastError ? error.message : describeError(error);
}

function exitText({ code, signal }: Exit): string {
  return signal ?? (code === null ? "an unknown status" : `exit code ${code}`);
}
