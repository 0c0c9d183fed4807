/** Who asked for which change, when, and what came of it: one JSON line each, in a file that only we can read. */
import { appendFileSync, renameSync, statSync } from "node:fs";
import { ensurePrivateFile } from "@holdfast/platform";
import { type Clock, HoldfastError } from "@holdfast/runtime";
import type { Caller } from "./methods.ts";
import { type ApiTable, isChange } from "./table.ts";

export interface AuditEntry {
  /** RFC 3339. */
  readonly time: string;
  /** The principal, such as `uid 1000`, `token` or `session 1a2b3c4d`. */
  readonly by: string;
  readonly method: string;
  /** What it was about, by name. No command, variable or label is in it. */
  readonly about: readonly string[];
  /** `done`, or the error's code. */
  readonly outcome: string;
}

/** The same methods, of which each that changes something tells `write` of every call, once it is answered; or `all` do. */
export function audited(
  table: ApiTable,
  clock: Clock,
  write: (entry: AuditEntry) => void,
  which: "changes" | "all" = "changes",
): ApiTable {
  type Call = (params: unknown, context: Caller) => unknown;
  const watched = (method: string, call: Call): Call => {
    return async (params, context) => {
      const time = new Date(clock.now()).toISOString();
      const tell = (outcome: string): void =>
        write({ time, by: context.principal, method, about: aboutOf(params), outcome });
      try {
        const result = await call(params, context);
        tell("done");
        return result;
      } catch (error) {
        tell(error instanceof HoldfastError ? error.code : "INTERNAL_ERROR");
        throw error;
      }
    };
  };
  const entries = Object.entries(table).map(([name, method]) => [
    name,
    which === "all" || isChange(name) ? { ...method, call: watched(name, method.call as Call) } : method,
  ]);
  return Object.fromEntries(entries) as ApiTable;
}

/** Appends to a file, of which the last `maxBytes` are kept, and as many before them in `FILE.1`. Never throws. */
export function auditFile(
  path: string,
  onError: (error: unknown) => void,
  maxBytes = 4_194_304,
): (entry: AuditEntry) => void {
  return (entry) => {
    try {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
      ensurePrivateFile(path);
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      // A disk that is full is no reason not to stop an app.
      onError(error);
    }
  };
}

/** Names only. What is printed later may not hold what a terminal acts on: JSON leaves nothing of C0, names hold none. */
function aboutOf(params: unknown): readonly string[] {
  const { spec, targets, keepApps, role, id, name } = params as {
    readonly spec?: { readonly name: string };
    readonly targets?: readonly {
      readonly project: string;
      readonly name?: string;
      readonly instance?: number;
    }[];
    readonly keepApps?: boolean;
    readonly role?: string;
    readonly id?: string;
    readonly name?: string;
  };
  return [
    ...(spec === undefined ? [] : [spec.name]),
    ...(targets ?? []).map(({ project, name, instance }) =>
      [project, ...(name === undefined ? [] : [name]), ...(instance === undefined ? [] : [instance])].join(
        "/",
      ),
    ),
    ...(keepApps === true ? ["the apps run on"] : []),
    ...(role === undefined ? [] : [role]),
    ...(id === undefined ? [] : [id]),
    ...(name === undefined ? [] : [name]),
  ].slice(0, 100);
}
