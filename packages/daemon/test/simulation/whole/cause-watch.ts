import type { World } from "@holdfast/runtime/testing";
import type { DaemonEvent } from "../../../src/api/contract.ts";
import { beforeUnknown } from "../../../src/events/because.ts";

/** What the state of a crash may begin with. */
const crashes: ReadonlySet<string> = new Set(["exit", "probe", "timer", "shortage"]);

/**
 * I14: every event has a cause, and its chain ends where something began. It is enough to look one step back: what the
 * step leads to was looked at when it was told. A step within one instance leads to what was told of it last. `kept` is
 * what was on the disk when this daemon began.
 */
export function watchCauses(
  world: World,
  kept: readonly DaemonEvent[],
  get: (seq: number) => DaemonEvent | undefined,
): (event: DaemonEvent) => void {
  const last = new Map<string, number>();
  for (const event of kept) if (event.app !== null) last.set(slotOf(event), event.seq);
  return (event) => {
    const { seq, message, cause, app } = event;
    const { origin, after } = cause;
    const check = (isSo: boolean, what: string): void =>
      world.assert("I14", isSo, () => `${message} (${seq}): ${what}`);
    check(origin !== null || after !== null, "it has no cause");
    check(origin?.type !== "boot" || origin.text !== beforeUnknown, "what led to it is not known");
    const before = after === null ? undefined : get(after);
    check(
      after === null || (after < seq && before !== undefined),
      `event ${after}, which led to it, is not kept`,
    );
    if (app === null) return;
    if (app.state === "backoff") {
      check(origin !== null && crashes.has(origin.type), "it does not say what the crash was");
      world.mark("a crash with its cause");
    }
    if (before?.app?.name === app.name && before.app.instance === app.instance) {
      check(last.get(slotOf(event)) === after, `it follows ${after}, and was told of in between`);
    } else if (before?.app !== undefined && before.app !== null) world.mark("a cause in another app");
    if (origin?.type === "boot") world.mark("a cause over the end of a daemon");
    last.set(slotOf(event), seq);
  };
}

function slotOf({ app }: DaemonEvent): string {
  return `${app?.name}/${app?.instance}`;
}
