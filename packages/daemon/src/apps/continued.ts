/** Going on with operations that a crash left under way. */
import type { OperationRecord } from "../store/operation-record.ts";
import type { App, Order } from "./app.ts";
import type { Instance } from "./instance.ts";
import { settle } from "./settle.ts";

/** Goes on with a start or a restart: an instance with another run than before has had it. */
export function continueStart(app: App, record: OperationRecord): void {
  const order = withContinued(orderOf(record), record);
  app.operate(record.kind, order, async (instances, { because }) =>
    settle(
      instances.map((instance) => {
        if (isLaunchedSince(instance, record))
          return instance.isAlive ? instance.start(because) : Promise.resolve();
        return record.kind === "restart"
          ? instance.restart(because, order.timeoutMs)
          : instance.start(because);
      }),
    ),
  );
}

/** True when it had another run when the operation was asked for: a start or a restart has had it, a stop was followed by one. */
export function isLaunchedSince(
  { record: { cookie } }: Instance,
  operation: OperationRecord | undefined,
): boolean {
  return operation !== undefined && cookie !== null && !operation.before.includes(cookie);
}

/** A removal that is told of no app has forgotten it already. */
export function whyGone({ kind }: OperationRecord): string | null {
  return kind === "remove" ? null : "the app is gone";
}

/** How it was asked for. */
export function orderOf(record: OperationRecord | undefined): Order {
  return { only: record?.instance ?? undefined, timeoutMs: record?.timeoutMs ?? undefined };
}

/** The same, going on with that operation, if there is one. */
export function withContinued(order: Order, continued: OperationRecord | undefined): Order {
  return continued === undefined ? order : { ...order, continued };
}
