import type { App } from "./app.ts";
import type { AppSituation } from "./plan.ts";

/** How an app is, as far as a plan goes. */
export function situationOf(app: App): AppSituation {
  const { spec, isAlive, isWhole, isRestarting } = app;
  const isDone = app.instances.every(({ record }) => record.state.kind === "completed");
  return { spec, isAlive, isWhole, isRestarting, isDone };
}

/** The same, as if none of it was up. */
export function asIfDown(situation: AppSituation): AppSituation {
  return { ...situation, isWhole: false, isRestarting: false };
}
