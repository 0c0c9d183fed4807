import type { ChildExit } from "./policy.ts";
import type { ShutdownReason } from "./shutdown.ts";

/** What ended a supervisor. `left` names the children that did not end within their stop deadline, in the order they were given up. */
export type SupervisorExit = { readonly left: readonly string[] } & (
  | { readonly kind: "stopped"; readonly reason: ShutdownReason }
  /** A significant child, or one that answered `end-tree`, ended without an error. */
  | { readonly kind: "auto-shutdown"; readonly id: string; readonly by: "significant" | "verdict" }
  | { readonly kind: "failed"; readonly error: Error }
);

type Happening =
  | { readonly type: "child-started" | "child-ready"; readonly id: string; readonly run: number }
  | { readonly type: "child-exited"; readonly id: string; readonly run: number; readonly exit: ChildExit }
  | {
      readonly type: "child-restarting";
      readonly id: string;
      readonly attempt: number;
      readonly delayMs: number;
    }
  /** The whole tree ends because of this; within a nested supervisor it is for the one above to decide. */
  | {
      readonly type: "runtime-failed" | "supervisor-failed";
      readonly component: string;
      readonly error: unknown;
    }
  | { readonly type: "supervisor-stopped"; readonly exit: SupervisorExit };

/** What happened in a tree: when (wall ms), and below which nested supervisors (`path`, from the top). */
export type SupervisorEvent = Happening & { readonly at: number; readonly path: readonly string[] };

export type { Happening };
