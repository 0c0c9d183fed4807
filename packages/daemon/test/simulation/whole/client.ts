import type { Random } from "@holdfast/runtime";
import type { Applied, Operation } from "../../../src/api/contract.ts";
import { type Answer, ask, type Box } from "./daemon-program.ts";
import { chance, pick, whole } from "./draw.ts";
import type { Wish } from "./universe.ts";
import { type Touch, Wishes } from "./wishes.ts";

type Kind = "start" | "stop" | "restart" | "remove";

interface Request {
  readonly text: string;
  /** What it wants of which apps. */
  readonly touches: readonly Pick<Touch, "app" | "want" | "version" | "replicas">[];
  readonly stopsAll: boolean;
  send(): Promise<Answer<Applied | readonly Operation[]>>;
}

/** Somebody who asks for things, again when no answer comes, and holds the daemon to what it said. */
export class Client {
  readonly wishes = new Wishes();
  /** Operations that were acknowledged, with what was told of their end. */
  readonly acknowledged = new Map<string, Operation["state"] | undefined>();
  /** Requests that somebody still waits for. */
  readonly open = new Set<string>();
  readonly #box: Box;
  #wish: Wish;
  #version = 1;
  #sent = 0;
  #keys = 0;

  constructor(box: Box) {
    this.#box = box;
    this.#wish = { apps: new Map(box.universe.names.map((name) => [name, { version: 1, replicas: 1 }])) };
  }

  /** Sends the first manifest. */
  begin(random: Random): Promise<void> {
    return this.#through(this.#apply(), random);
  }

  /** Asks for something, as the seed will have it. */
  act(random: Random): Promise<void> {
    const names = [...this.#wish.apps.keys()];
    const app = names[whole(random, 0, names.length - 1)] ?? "db";
    const key = chance(random, 0.4) ? `key ${++this.#keys}` : undefined;
    const kind: Kind | "all" | "apply" = pick(random, [
      "start",
      "stop",
      "stop",
      "restart",
      "restart",
      "remove",
      "all",
      "apply",
      "apply",
      "apply",
    ]);
    if (kind === "apply") {
      this.#change(app, random);
      return this.#through(this.#apply(), random);
    }
    const order =
      kind === "all"
        ? this.#order(pick(random, ["stop", "stop", "start", "restart", "remove"]), undefined, key)
        : this.#order(kind, app, key);
    return this.#through(order, random);
  }

  /** Asks the daemon to end, with its apps or without. */
  async shutDown(keepApps: boolean): Promise<void> {
    const { world, watch, universe, life } = this.#box;
    const sentAt = world.clock.monotonic();
    const touches = (keepApps ? [] : universe.names).map((app) => {
      const unchanged = { version: undefined, replicas: undefined };
      return { app, want: "down" as const, ...unchanged, sentAt, endsAt: Infinity, isCertain: false };
    });
    this.wishes.touches.push(...touches);
    this.#sent++;
    watch.isStoppingAll = false;
    world.note(`asks it to end${keepApps ? ", and to keep the apps" : ""}`);
    const answer = await ask(this.#box, "system.shutdown", { keepApps });
    const end = answer.kind === "refused" ? undefined : await life?.ended;
    for (const touch of touches) {
      touch.endsAt = world.clock.monotonic();
      touch.isCertain = end?.kind === "completed";
    }
  }

  #change(app: string, random: Random): void {
    const apps = new Map(this.#wish.apps);
    const { universe, world } = this.#box;
    const how = pick(random, ["change", "scale", "scale", "remove", "add"]);
    const version = ++this.#version;
    const known = apps.get(app) ?? { version, replicas: 1 };
    const canScale = !universe.isChecked(app) && universe.lineMs(app) === undefined;
    if (how === "change") apps.set(app, { ...known, version });
    else if (how === "scale" && canScale) apps.set(app, { ...known, replicas: whole(random, 1, 3) });
    else if (how === "remove" && universe.neededBy(app).every((name) => !apps.has(name)) && apps.size > 1)
      apps.delete(app);
    else {
      const gone = universe.names.find((name) => !apps.has(name));
      if (gone !== undefined && universe.needs(gone).every(({ on }) => apps.has(on)))
        apps.set(gone, { version, replicas: 1 });
    }
    world.mark(`the manifest: ${how}`);
    this.#wish = { apps };
  }

  #apply(): Request {
    const { universe } = this.#box;
    const { apps } = this.#wish;
    const spec = universe.spec(this.#wish);
    const touches = universe.names.map((app) => {
      const wanted = apps.get(app);
      return {
        app,
        want: wanted === undefined ? ("absent" as const) : ("up" as const),
        version: wanted?.version ?? 0,
        replicas: wanted?.replicas ?? 0,
      };
    });
    return {
      text: `apply ${[...apps].map(([name, { version, replicas }]) => `${name} v${version} ×${replicas}`).join(", ")}`,
      touches,
      stopsAll: false,
      send: () => ask(this.#box, "apps.apply", { spec, removeOrphans: true }),
    };
  }

  #order(kind: Kind, app: string | undefined, key: string | undefined): Request {
    const { universe } = this.#box;
    const named = app === undefined ? universe.names : [app];
    const apps =
      kind === "start" ? new Set(named.flatMap((name) => universe.withNeeds(name))) : new Set(named);
    const want = kind === "stop" ? "down" : kind === "remove" ? "absent" : "up";
    // One by one they may be the last too.
    if (kind === "remove") this.#box.hooks.isExcused = true;
    const params = {
      targets: [app === undefined ? { project: "shop" } : { project: "shop", name: app }],
      ...(key === undefined ? {} : { key }),
    };
    return {
      text: `${kind} ${app ?? "all"}${key === undefined ? "" : ` with ${key}`}`,
      // What is removed is as if the manifest had none of it.
      touches: [...apps].map((name) => {
        const gone = want === "absent" ? 0 : undefined;
        return { app: name, want, version: gone, replicas: gone };
      }),
      stopsAll: want !== "up" && app === undefined,
      send: () => ask(this.#box, `apps.${kind}`, params),
    };
  }

  async #through(request: Request, random: Random): Promise<void> {
    const { world, watch } = this.#box;
    const no = ++this.#sent;
    const name = `${request.text} (${no})`;
    this.open.add(name);
    const isAlone = this.open.size === 1;
    const sentAt = world.clock.monotonic();
    watch.isStoppingAll = false;
    const touches = request.touches.map((touch) => ({
      ...touch,
      sentAt,
      endsAt: Number.POSITIVE_INFINITY,
      isCertain: false,
    }));
    this.wishes.touches.push(...touches);
    const begun = await this.#begun(request, random);
    const now = world.clock.monotonic();
    for (const touch of touches) {
      touch.endsAt = now;
      touch.isCertain = begun !== undefined;
    }
    if (begun !== undefined) {
      watch.isStoppingAll = request.stopsAll && isAlone && this.#sent === no && this.#isAllThereIs(begun);
      await this.#finished(request, begun, isAlone ? no : undefined);
    }
    if (this.#sent === no) watch.isStoppingAll = false;
    this.open.delete(name);
  }

  /** The operations that it began, or `undefined` when nobody knows. */
  async #begun(request: Request, random: Random): Promise<readonly Operation[] | undefined> {
    const { world } = this.#box;
    for (let tries = 0; ; tries++) {
      await world.clock.sleep(whole(random, 0, 2));
      world.note(`asks for ${request.text}`);
      this.#box.watch.asked(request.touches.flatMap(({ app, want }) => (want === "up" ? [app] : [])));
      const answer = await request.send();
      world.note(`${request.text}: ${answer.kind}${answer.kind === "error" ? ` ${answer.message}` : ""}`);
      switch (answer.kind) {
        case "ok": {
          const begun = isApplied(answer.value) ? answer.value.operations : answer.value;
          for (const { id } of begun) this.acknowledged.set(id, undefined);
          if (tries > 0) world.mark("a request was answered when it was sent again");
          return begun;
        }
        case "error":
          world.mark(`a request was refused: ${answer.code}`);
          if (
            answer.code !== "E_NO_SPACE" &&
            answer.code !== "SHUTTING_DOWN" &&
            answer.code !== "CONFLICT" &&
            answer.code !== "NOT_FOUND"
          ) {
            world.assert("I8", false, `${request.text} was refused: ${answer.code} ${answer.message}`);
          }
          return undefined;
        case "lost":
          world.mark("a request was lost");
          if (chance(random, 0.2)) return undefined;
          break;
        case "refused":
          if (tries > 20) return undefined;
      }
      await world.clock.sleep(whole(random, 1, 100));
    }
  }

  #isAllThereIs(begun: readonly Operation[]): boolean {
    const open = this.#box.serving?.daemon.operations.list().filter(({ state }) => state === "running") ?? [];
    return open.every(({ id }) => begun.some((operation) => operation.id === id));
  }

  async #finished(request: Request, begun: readonly Operation[], no: number | undefined): Promise<void> {
    const { world, watch } = this.#box;
    const ids = begun.map(({ id }) => id);
    for (let tries = 0; tries < 1_000; tries++) {
      const answer = await ask(this.#box, "operations.wait", { ids });
      if (answer.kind === "ok") {
        for (const { id, state } of answer.value) this.acknowledged.set(id, state);
        for (const { kind, state } of answer.value) world.mark(`a ${kind} was ${state}`);
        const isDone = answer.value.every(({ state }) => state === "done");
        if (isDone && this.#sent === no) {
          const isDown = (app: string): boolean =>
            request.touches.some((touch) => touch.app === app && touch.want !== "up");
          for (const { kind, name } of answer.value) {
            if ((kind === "stop" || kind === "remove") && isDown(name)) watch.promiseStopped(name);
          }
          world.mark("a stop was promised");
        }
        return;
      }
      world.assert("I3", answer.kind !== "error", () => `${request.text} was acknowledged, and is not known`);
      await world.clock.sleep(20);
    }
  }
}

function isApplied(value: Applied | readonly Operation[]): value is Applied {
  return "added" in value;
}
