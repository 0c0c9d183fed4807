import type { AppSpec } from "../spec/app-spec.ts";

/**
 * True when two specs mean the same app. Where it is written does not count, nor do the values of variables that both
 * have only from their callers: another shell is no reason to restart anything.
 */
export function sameSpec(a: AppSpec, b: AppSpec): boolean {
  const [ofA, ofB] = [inheritedOf(a), inheritedOf(b)];
  const text = (
    spec: AppSpec,
    own: ReadonlySet<string>,
    other: AppSpec,
    others: ReadonlySet<string>,
  ): string => {
    const environment = Object.entries(spec.environment)
      .filter(([name]) => !(own.has(name) && (others.has(name) || !(name in other.environment))))
      .sort(([one], [two]) => (one < two ? -1 : 1));
    return JSON.stringify({ ...spec, environment, source: null, inheritedVariables: null });
  };
  return text(a, ofA, b, ofB) === text(b, ofB, a, ofA);
}

function inheritedOf({ inheritedVariables = [] }: AppSpec): ReadonlySet<string> {
  return new Set(inheritedVariables);
}
