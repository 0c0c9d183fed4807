import type { AppSpec } from "../spec/app-spec.ts";

/**
 * Names the variables that an app has from whoever called, so that calling from another shell does not make it another
 * app. `mayInherit` says which names a format hands on without being told.
 */
export function markInherited(
  app: AppSpec,
  env: Readonly<Record<string, string | undefined>>,
  mayInherit: (name: string) => boolean,
): AppSpec {
  const inherited = Object.keys(app.environment).filter(
    (name) => mayInherit(name) && app.environment[name] === env[name],
  );
  return inherited.length === 0 ? app : { ...app, inheritedVariables: inherited };
}
