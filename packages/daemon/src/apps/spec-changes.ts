import type { FieldChange } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";

/** What stands for a value that may be a secret: that it differs is told, and not what it is. */
export const hidden = "(hidden)";

/**
 * What makes two specs different, member by member, named as in `config --json`. Where they are written does not count,
 * nor do the values of variables that both have only from their callers: another shell is no reason to restart anything.
 * The values of variables and of HTTP headers are hidden.
 */
export function specChanges(from: AppSpec, to: AppSpec): readonly FieldChange[] {
  return [
    ...leafChanges("", compared(from), compared(to)),
    ...variableChanges(from, to).map((name) => ({
      field: `environment.${name}`,
      from: name in from.environment ? hidden : null,
      to: name in to.environment ? hidden : null,
    })),
  ];
}

/** True when two specs mean the same app. */
export function sameSpec(a: AppSpec, b: AppSpec): boolean {
  return specChanges(a, b).length === 0;
}

/** Members that a run does not see: what is changed in them counts from now on, with nothing restarted. */
const seenByNoRun: ReadonlySet<string> = new Set([
  "group",
  "description",
  "replicas",
  "dependsOn",
  "restart",
  "update",
  "successExitCodes",
  "stop",
  "ports",
  "watch",
  "namespaces",
  "labels",
  "disabled",
  "endsProject",
  "skippedEndsProject",
  "logKeep",
  "onExit",
]);

/** True when what runs has to be started anew for the changes to count. */
export function needsRestart(changes: readonly FieldChange[], { logFile }: AppSpec): boolean {
  return changes.some(({ field, from, to }) => {
    const [member = ""] = field.split(".");
    // A port that is left open is told to the run; one that is named is not.
    if (member === "ports" && /"port":0\b/.test(`${from} ${to}`)) return true;
    // The lines of a shared file say whose they are; a run begins to do so when it is started.
    return !seenByNoRun.has(member) || (member === "replicas" && logFile !== undefined);
  });
}

function compared(spec: AppSpec): object {
  return { ...spec, source: null, inheritedVariables: null, environment: null };
}

function variableChanges(a: AppSpec, b: AppSpec): readonly string[] {
  const [ofA, ofB] = [inheritedOf(a), inheritedOf(b)];
  const isCallers = (name: string): boolean =>
    (ofA.has(name) && (ofB.has(name) || !(name in b.environment))) ||
    (ofB.has(name) && (ofA.has(name) || !(name in a.environment)));
  return [...new Set([...Object.keys(a.environment), ...Object.keys(b.environment)])]
    .filter((name) => a.environment[name] !== b.environment[name] && !isCallers(name))
    .sort();
}

function inheritedOf({ inheritedVariables = [] }: AppSpec): ReadonlySet<string> {
  return new Set(inheritedVariables);
}

function leafChanges(path: string, from: unknown, to: unknown): readonly FieldChange[] {
  if (isTree(from) && isTree(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => leafChanges(path === "" ? key : `${path}.${key}`, from[key], to[key]));
  }
  const [old, now] = [textOf(from), textOf(to)];
  if (old === now) return [];
  const isSecret = /\.headers(\.|$)/.test(path);
  return [{ field: path, from: isSecret ? masked(old) : old, to: isSecret ? masked(now) : now }];
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function masked(value: string | null): string | null {
  return value === null ? null : hidden;
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : JSON.stringify(withoutHeaders(value));
}

/** A whole probe that comes or goes is told as one value. */
function withoutHeaders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHeaders);
  if (!isTree(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === "headers" ? hidden : withoutHeaders(inner)]),
  );
}
