import { notEnforcedText } from "../runner/limit-run.ts";
import type { InstanceRecord } from "../store/instance-record.ts";

/**
 * What to say when an app runs without limits that its manifest asks for; undefined when that was said already: once for
 * all its `instances`, however often they are started, until something else is not enforced.
 */
export function limitWarning(
  before: InstanceRecord,
  { name, instance, notEnforced = [] }: InstanceRecord,
  instances: readonly { readonly record: InstanceRecord }[],
): string | undefined {
  const isSame = (other: InstanceRecord): boolean => `${other.notEnforced}` === `${notEnforced}`;
  if (notEnforced.length === 0 || isSame(before)) return undefined;
  if (instances.some(({ record }) => record.instance !== instance && isSame(record))) return undefined;
  return `${name}: ${notEnforcedText(notEnforced)}`;
}
