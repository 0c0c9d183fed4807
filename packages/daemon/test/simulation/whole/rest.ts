import type { AppStatus } from "../../../src/api/contract.ts";
import type { Client } from "./client.ts";
import type { Box } from "./daemon-program.ts";
import type { Touch } from "./wishes.ts";

interface Complaint {
  readonly invariant: string;
  readonly what: string;
}

/** What is not as it should be when all faults are over, if anything: what was acknowledged holds, and all of it is true. */
export function restComplaint(box: Box, client: Client): Complaint | undefined {
  const complaint = (invariant: string, what: string) => ({ invariant, what });
  const { serving } = box;
  if (serving === undefined) return complaint("I6", "there is no daemon");
  if (client.open.size > 0) return complaint("I6", `never answered: ${[...client.open].join(", ")}`);
  const { daemon } = serving;
  const operations = daemon.operations.list();
  const open = operations.find(({ state }) => state === "running");
  if (open) return complaint("I6", `the ${open.kind} of ${open.name} never ended`);
  for (const [id, told] of client.acknowledged) {
    const known = operations.find((operation) => operation.id === id);
    if (known === undefined) return complaint("I3", `operation ${id} was acknowledged, and is not known`);
    // What a full disk did not take can be told, and not be kept.
    const isExcused = told === "failed" && box.world.faults.happened.some(({ id }) => id.startsWith("disk"));
    if (told !== undefined && told !== known.state && !isExcused) {
      return complaint("I3", `the ${known.kind} of ${known.name} was ${told}, and is now ${known.state}`);
    }
  }
  const twice = keyTwice(box);
  if (twice !== undefined) return complaint("I8", twice);
  let rows: readonly AppStatus[];
  try {
    rows = daemon.list("shop");
  } catch {
    const isWanted = client.wishes.touches.some(
      ({ isCertain, version }) => isCertain && version !== undefined,
    );
    if (!isWanted) return undefined;
    // It goes with the last of its apps.
    rows = [];
  }
  const untold = box.hooks.complaint();
  if (untold !== undefined) return complaint("I10", untold);
  return rowsComplaint(box, rows) ?? wishComplaint(box, client, rows);
}

/** The rows and the processes are the same. */
function rowsComplaint({ watch }: Box, rows: readonly AppStatus[]): Complaint | undefined {
  for (const seen of watch.living) {
    const row = rows.find(({ name, instance }) => `${name}/${instance}` === seen.slot);
    if (row === undefined) return { invariant: "I6", what: `${seen.slot} lives, and nobody knows it` };
    if (row.pid !== seen.pid)
      return { invariant: "I6", what: `${seen.slot} is ${seen.pid}, and not ${row.pid}` };
  }
  for (const { name, instance, state, pid, operation } of rows) {
    const slot = `${name}/${instance}`;
    if (operation !== null) return { invariant: "I8", what: `${slot} has an operation that is over` };
    const lives = watch.living.some((seen) => seen.slot === slot);
    if (state === "stopping" || state === "restarting" || state === "removing" || state === "installing") {
      return { invariant: "I8", what: `${slot} is ${state} for ever` };
    }
    if ((state === "running") !== lives) {
      return { invariant: "I6", what: `${slot} is ${state}, and ${lives ? "lives" : "does not live"}` };
    }
    if (state !== "running" && pid !== null)
      return { invariant: "I6", what: `${slot} is ${state} as ${pid}` };
  }
  return undefined;
}

/** Every app is as it was asked for last. */
function wishComplaint(box: Box, client: Client, rows: readonly AppStatus[]): Complaint | undefined {
  for (const app of box.universe.names) {
    const own = rows.filter(({ name }) => name === app);
    const wishes = client.wishes.of(app);
    if (wishes.some((wish) => isAsWished(box, client, wish, own))) continue;
    const states = own.map((row) => `${row.state}${row.lastError === null ? "" : ` (${row.lastError})`}`);
    const what = `${app} is ${states.join(", ") || "absent"}, and is to be ${wishes.map(({ want }) => want).join(" or ")}`;
    return { invariant: "I3", what };
  }
  return undefined;
}

function isAsWished(box: Box, client: Client, wish: Touch, rows: readonly AppStatus[]): boolean {
  if (rows.length === 0) return wish.want === "absent" || mayBe(client, wish.app, 0);
  if (wish.want === "absent") return false;
  if (!mayBe(client, wish.app, rows.length)) return false;
  if (wish.want === "down") return rows.every(({ state }) => !isUp(state));
  const versions = client.wishes.versions(wish.app);
  return rows.every((row) => {
    const seen = box.watch.living.find(({ slot }) => slot === `${row.name}/${row.instance}`);
    if (seen !== undefined && !versions.some(({ version }) => String(version) === seen.version)) return false;
    if (!box.universe.isSteady(row.name))
      return isUp(row.state) || row.state !== "stopped" || box.universe.isScheduled(row.name);
    return row.state === "running" || mayHaveFailed(box, client, wish, row);
  });
}

function mayBe(client: Client, app: string, replicas: number): boolean {
  return client.wishes.versions(app).some((touch) => touch.replicas === replicas);
}

function isUp(state: AppStatus["state"]): boolean {
  return state === "running" || state === "starting" || state === "backoff" || state === "restarting";
}

/** It could not start for want of space, of memory, or of another app that was not to be up. */
function mayHaveFailed(
  { world, universe }: Box,
  { wishes }: Client,
  wish: Touch,
  { state, lastError }: AppStatus,
): boolean {
  if (state !== "failed") return false;
  if (world.faults.happened.some(({ id }) => /^(disk full|spawn fails)/.test(id))) return true;
  if (lastError?.endsWith("is unhealthy") === true) return true;
  const needed = universe.withNeeds(wish.app);
  const wasDown = wishes.touches.some((down) => {
    if (down.app === wish.app || down.want === "up" || !needed.includes(down.app)) return false;
    const isUndone = ({ app, want, isCertain, sentAt, endsAt }: Touch): boolean =>
      app === down.app && want === "up" && isCertain && sentAt >= down.endsAt && endsAt <= wish.sentAt;
    return !wishes.touches.some(isUndone);
  });
  return wasDown && (lastError?.includes("needs ") ?? false);
}

/** Two operations of one key and kind on one app, if there are any. */
function keyTwice({ database }: Box): string | undefined {
  const seen = new Set<string>();
  for (const { key, kind, name } of database.operations.values()) {
    if (key === null) continue;
    const text = `${kind} of ${name} with ${key}`;
    if (seen.has(text)) return `two operations: ${text}`;
    seen.add(text);
  }
  return undefined;
}
