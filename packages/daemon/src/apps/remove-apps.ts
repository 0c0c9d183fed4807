/**
 * Removes apps for good:
 *
 *     any → removing{stopping} → removing{deleting data} → removing{forgetting} → gone
 *     removing → stopped                     its data could not be deleted: it stays, and the operation says why
 *
 * The operation is on the disk before anything is done, and each step may be done twice: a daemon that was killed in
 * the middle goes on where it was. An app is forgotten in one write, last of all.
 */
import { HoldfastError } from "@holdfast/runtime";
import { failpoint } from "@holdfast/runtime/failpoints";
import type { Operation } from "../api/contract.ts";
import type { Because } from "../events/because.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { OperationRecord } from "../store/operation-record.ts";
import type { App, Order } from "./app.ts";
import type { Instance } from "./instance.ts";
import type { InstanceWorld } from "./instance-world.ts";
import { settle } from "./settle.ts";
import { StopOrder } from "./stop-order.ts";

/** The project that apps are removed from. */
export interface RemovalSite {
  readonly apps: ReadonlyMap<string, App>;
  readonly isOrdered: boolean;
  readonly world: InstanceWorld;
  /** Resolves once nothing runs of those instances of it that its spec has no longer. */
  stopSurplus(app: App, because: Because, timeoutMs: number | undefined): Promise<void>;
  /** The project has it no longer. */
  forget(app: App, because: Because): void;
}

/** Throws `CONFLICT` when an app that stays needs one of those: nothing is changed then. */
export function refuseNeeded(names: ReadonlySet<string>, apps: ReadonlyMap<string, App>): void {
  for (const { spec } of apps.values()) {
    if (names.has(spec.name)) continue;
    const needed = Object.entries(spec.dependsOn).filter(([on, { required }]) => required && names.has(on));
    const [[on] = []] = needed;
    if (on === undefined) continue;
    throw new HoldfastError(
      "CONFLICT",
      `${on} is not removed: ${spec.name} needs it; remove ${spec.name} too, or take ${on} from its depends_on and apply that`,
      { details: { app: on, neededBy: spec.name } },
    );
  }
}

/** Throws `CONFLICT` for an app that is being removed: what is asked of it now would be lost. */
export function refuseRemoved(app: App | undefined): void {
  if (app?.removal === undefined) return;
  const { name } = app.spec;
  throw new HoldfastError(
    "CONFLICT",
    `${name} is being removed; once that is done, \`holdfast up\` has it again if its manifest does`,
    { details: { app: name, operation: app.removal.id } },
  );
}

/** Removes the named apps, each after those among them that need it. Begins, or joins what is under way. */
export function removeApps(
  names: ReadonlySet<string>,
  order: Order,
  site: RemovalSite,
  continued?: ReadonlyMap<string, OperationRecord>,
): readonly Operation[] {
  const apps = [...names].flatMap((name) => site.apps.get(name) ?? []);
  const specs = new Map<string, AppSpec>([...site.apps].map(([name, { spec }]) => [name, spec]));
  const turns = new StopOrder(names, specs, site.isOrdered, order.timeoutMs);
  return apps.map((app) => {
    const own = continued?.get(app.spec.name);
    const { removal } = app;
    if (removal !== undefined) {
      // Whoever waits for it need not wait for this one.
      void turns.inTurn(app.spec.name, () => Promise.resolve());
      return app.join(removal, "remove", order);
    }
    const { keepData, timeoutMs } = own ?? order;
    return app.operate(
      "remove",
      own === undefined ? order : { ...order, continued: own },
      async (instances, { because }) => {
        const budgetMs = turns.budgetMs(app.spec.name);
        const ends = instances.map((instance) => instance.prepareStop(because, { forGood: true, budgetMs }));
        failpoint("remove.asked");
        try {
          const withinMs = timeoutMs ?? undefined;
          await turns.inTurn(app.spec.name, () =>
            settle([...ends.map((end) => end(withinMs)), site.stopSurplus(app, because, withinMs)]),
          );
          failpoint("remove.stopped");
          if (keepData !== true) await deleteData(app, instances, site.world);
        } catch (error) {
          for (const instance of instances) instance.keep();
          const message = `${app.spec.name} was stopped and could not be removed (remove it again, or with --keep-data)`;
          throw new HoldfastError("REMOVE_FAILED", message, { cause: error });
        }
        for (const instance of instances) instance.removal("forgetting");
        failpoint("remove.forgetting");
        // In one turn, and so in one write.
        site.forget(app, because);
        for (const { key } of instances) site.world.store.drop(key);
        failpoint("remove.forgotten");
      },
    );
  });
}

async function deleteData(app: App, instances: readonly Instance[], world: InstanceWorld): Promise<void> {
  for (const instance of instances) instance.removal("deleting data");
  failpoint("remove.deleting");
  await world.deleteOutput(app.spec);
  failpoint("remove.deleted");
}
