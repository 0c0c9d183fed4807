import type { AppStatus, Target } from "@holdfast/daemon/api";
import { nearest } from "@holdfast/daemon/nearest";
import { CommandError, exitCodes } from "../exit-codes.ts";

/**
 * What the names on a command line mean among the apps there are: `APP`, a group of apps, `APP.2` (an instance) or
 * `PROJECT/APP`.
 * Without a project, a name must be unique. Throws `CommandError` that names the nearest app.
 */
export function resolveTargets(
  names: readonly string[],
  apps: readonly AppStatus[],
  project: string | undefined,
): readonly Target[] {
  return names.map((name) => resolveTarget(name, apps, project));
}

function resolveTarget(word: string, apps: readonly AppStatus[], current: string | undefined): Target {
  const slash = word.indexOf("/");
  const project = slash < 0 ? current : word.slice(0, slash);
  const name = word.slice(slash + 1);
  const own = apps.filter((app) => project === undefined || app.project === project);
  const [target, ...others] = unique(
    own
      .filter((app) => app.name === name || app.group === name)
      .map((app) => ({ project: app.project, name })),
  );
  if (target !== undefined && others.length === 0) return target;
  if (target !== undefined) {
    throw new CommandError(exitCodes.failed, `several projects have an app named ${name}`, {
      remedy: `name one: ${[target, ...others].map((found) => `${found.project}/${name}`).join(", ")}`,
    });
  }
  const instance = instanceNamed(name, own);
  if (instance !== undefined) return instance;
  throw unknownApp(word, project, own, apps);
}

/** `web.2`, where no app is called that. */
function instanceNamed(name: string, apps: readonly AppStatus[]): Target | undefined {
  const read = /^(.+)\.(\d+)$/.exec(name);
  const found = apps.find((app) => app.name === read?.[1] && app.instance === Number(read[2]));
  return found === undefined
    ? undefined
    : { project: found.project, name: found.name, instance: found.instance };
}

function unknownApp(
  word: string,
  project: string | undefined,
  own: readonly AppStatus[],
  all: readonly AppStatus[],
): CommandError {
  const name = word.slice(word.indexOf("/") + 1);
  const where = project === undefined ? "" : ` in project ${project}`;
  const near = nearest(
    name,
    own.map((app) => app.name),
  );
  const elsewhere = all.find((app) => app.name === name);
  return new CommandError(exitCodes.failed, `no app is named ${name}${where}`, {
    remedy:
      near !== undefined
        ? `did you mean ${near}?`
        : elsewhere !== undefined
          ? `did you mean ${elsewhere.project}/${name}?`
          : "holdfast ps --all lists the apps that there are",
  });
}

function unique(targets: readonly { readonly project: string; readonly name: string }[]): readonly Target[] {
  return [...new Map(targets.map((target) => [target.project, target])).values()];
}

/** Whether an app's row is one that the target names. */
export function isTarget(app: AppStatus, target: Target): boolean {
  return (
    app.project === target.project &&
    (target.name === undefined || app.name === target.name || app.group === target.name) &&
    (target.instance === undefined || app.instance === target.instance)
  );
}
