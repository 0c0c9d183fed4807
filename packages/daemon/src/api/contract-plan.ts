/** What becomes of the apps when a manifest is applied. */
import type { Operation } from "./contract-apps.ts";

/** One member of an app's spec that differs, by its name in `config --json`. */
export interface FieldChange {
  readonly field: string;
  /** Text as it is, everything else as JSON; null where it is absent. Values of variables and headers are `(hidden)`. */
  readonly from: string | null;
  readonly to: string | null;
}

/** What becomes of one app. */
export interface PlannedApp {
  readonly name: string;
  /** `orphaned`: the manifest has it no longer, and it is left as it is. */
  readonly change: "added" | "changed" | "unchanged" | "removed" | "orphaned";
  /** What differs, for `changed`. */
  readonly fields: readonly FieldChange[];
  /** `scale`: instances are started or stopped, and the others go on. `roll`: a restart in batches. */
  readonly action: "start" | "restart" | "roll" | "scale" | "stop" | "none";
  /** Why it is restarted although nothing of it is changed. */
  readonly because: string | null;
  /** The longest that stopping what is to be stopped of it can take; 0 where nothing is. */
  readonly stopMs: number;
}

/** What `apps.apply` would do. */
export interface Plan {
  readonly project: string;
  readonly apps: readonly PlannedApp[];
  /** False: everything is as the manifest says. */
  readonly hasChanges: boolean;
  /** The longest that the stops of this plan can take. */
  readonly stopMs: number;
  /** The longest that stopping all its apps can take afterwards. */
  readonly downMs: number;
  /** The apps whose graces add up to `downMs`, the first to be stopped first. */
  readonly downPath: readonly string[];
}

/** What `apps.apply` found to do, by app name. */
export interface Applied {
  readonly project: string;
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  readonly plan: Plan;
  /** The operations that were begun, to be waited for. */
  readonly operations: readonly Operation[];
}
