/** All projects of a daemon, and what a target names in them. */
import { HoldfastError } from "@holdfast/runtime";
import { appStatus } from "../api/app-status.ts";
import type { AppStatus, OperationKind, Target } from "../api/contract.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { App } from "./app.ts";
import { notFound } from "./not-found.ts";
import type { Project } from "./project.ts";
import { refuseRemoved } from "./remove-apps.ts";

const notAlone = "an instance is not removed alone: apply the app with fewer replicas";

/** What of a request is one project's. */
export interface Share {
  readonly project: Project;
  readonly names: ReadonlySet<string>;
  /** This instance alone. */
  readonly only?: number;
}

export class Projects {
  readonly #projects = new Map<string, Project>();

  set(name: string, project: Project): void {
    this.#projects.set(name, project);
  }

  delete(name: string): void {
    this.#projects.delete(name);
  }

  find(name: string): Project | undefined {
    return this.#projects.get(name);
  }

  all(): readonly Project[] {
    return [...this.#projects.values()];
  }

  /** Throws `NOT_FOUND`. */
  get(name: string): Project {
    const project = this.#projects.get(name);
    if (project !== undefined) return project;
    throw notFound(`there is no project ${name}`, name, [...this.#projects.keys()]);
  }

  /** The apps that a target names: all of its project, one, or a group. Throws `NOT_FOUND`. */
  expect({ project, name, instance }: Target): readonly App[] {
    const known = this.get(project);
    if (name === undefined) return [...known.apps.values()];
    const apps = known.named(name);
    if (apps.length === 0) throw notFound(`${project} has no app ${name}`, name, [...known.apps.keys()]);
    const count = Math.max(...apps.map((app) => app.instances.length));
    if (instance !== undefined && (instance < 1 || instance > count)) {
      throw notFound(`${name} has no instance ${instance}: they are 1 to ${count}`, name, []);
    }
    return apps;
  }

  /**
   * What an operation on targets is to work on. A whole project means its apps that are not disabled, or are up; for a
   * removal all. Throws `NOT_FOUND`, `CONFLICT` and `UNSUPPORTED` when one of them cannot be worked on so: nothing is done then.
   */
  shares(kind: OperationKind, targets: readonly Target[]): readonly Share[] {
    const wanted = targets.map((target) => ({ target, apps: this.expect(target) }));
    const whole = new Map<string, Set<string>>();
    const shares: Share[] = [];
    for (const { target, apps } of wanted) {
      const { project, name, instance } = target;
      if (name !== undefined && (kind === "start" || kind === "restart")) apps.forEach(refuseRemoved);
      if (instance !== undefined) {
        if (kind === "remove") throw new HoldfastError("UNSUPPORTED", notAlone);
        const names = new Set(apps.map((app) => app.spec.name));
        shares.push({ project: this.get(project), names, only: instance });
        continue;
      }
      const names = whole.get(project) ?? new Set();
      for (const app of apps) {
        const isMeant = name !== undefined || !app.spec.disabled || app.isAlive || kind === "remove";
        if (isMeant) names.add(app.spec.name);
      }
      whole.set(project, names);
    }
    for (const [name, names] of whole) shares.push({ project: this.get(name), names });
    if (kind === "remove") for (const { project, names } of shares) project.expectUnneeded(names);
    return shares;
  }

  /** The same targets, each with the name of an app and not of a group. Throws `NOT_FOUND`. */
  resolve(targets: readonly Target[]): readonly Target[] {
    return targets.flatMap((target) => {
      const apps = this.expect(target);
      return target.name === undefined ? [target] : apps.map(({ spec: { name } }) => ({ ...target, name }));
    });
  }

  appOf({ project, name }: Pick<InstanceKey, "project" | "name">): App | undefined {
    return this.#projects.get(project)?.apps.get(name);
  }

  specOf(key: Pick<InstanceKey, "project" | "name">): AppSpec | undefined {
    return this.appOf(key)?.spec;
  }

  /** The rows of a project, or of all. */
  rows(project?: string): readonly AppStatus[] {
    const projects = project === undefined ? this.all() : [this.get(project)];
    return projects.flatMap((each) =>
      [...each.apps.values()].flatMap((app) =>
        app.instances.map((instance) => appStatus(instance.record, app.spec)),
      ),
    );
  }

  rowsOf(target: Target): readonly AppStatus[] {
    const names = new Set(this.expect(target).map((app) => app.spec.name));
    return this.rows(target.project).filter(
      (row) => names.has(row.name) && (target.instance === undefined || row.instance === target.instance),
    );
  }
}
