/** A chain of events as a person reads it: what says nothing is left out, and what goes round is told once. Pure. */
import type { DaemonEvent, WhyLink } from "../api/contract.ts";
import type { InstanceKey } from "../store/instance-record.ts";
import type { EventChain } from "./event-chain.ts";
import { linkText } from "./link-text.ts";

/** More links than anybody reads. */
const most = 40;

interface Turn extends WhyLink {
  readonly turn: "end" | "start" | undefined;
  /** The same for ends of the same kind. */
  readonly kind: string;
}

/**
 * The links of a chain, the newest first. Those of another instance than `about` begin with its name. `restarts` are
 * those since the life began: more of them than the chain has are told as a number.
 */
export function whyLinks(
  { events, root }: EventChain,
  about: InstanceKey,
  restarts: number,
): readonly WhyLink[] {
  const turns = events.flatMap((event, index) =>
    turnOf(event, { before: events[index + 1], next: events[index - 1] }, about),
  );
  const links = folded(turns);
  const shown = turns.filter(({ turn }) => turn === "end").length;
  const rest =
    root === undefined
      ? []
      : [...missing(restarts - shown, root), ...turnOf(root, { before: undefined, next: undefined }, about)];
  const all = [...links.slice(0, most), ...rest.map(plain)];
  return links.length <= most ? all : [...all, ...(rest.length === 0 ? links.slice(-1) : [])];
}

/** The first turn of a series is told, and how many more there are like it. */
function folded(turns: readonly Turn[]): readonly WhyLink[] {
  const links: WhyLink[] = [];
  for (let at = 0; at < turns.length; ) {
    const [end, start] = turns.slice(at, at + 2);
    if (end === undefined) break;
    links.push(plain(end));
    at++;
    if (end.turn !== "end" || start?.turn !== "start") continue;
    links.push(plain(start));
    at++;
    let more = 0;
    for (; isSameTurn(end, turns[at], turns[at + 1]); at += 2) more++;
    const skipped = turns.slice(at - 2 * more, at);
    const [first] = skipped;
    const last = skipped.at(-1);
    if (first === undefined || last === undefined) continue;
    links.push(moreText(more, first));
    // The first of them was started by something else.
    if (last.text !== start.text) links.push(plain(last));
  }
  return links;
}

function isSameTurn(end: Turn, next: Turn | undefined, after: Turn | undefined): boolean {
  return next?.turn === "end" && next.kind === end.kind && after?.turn === "start";
}

function moreText(count: number, { time }: WhyLink): WhyLink {
  const text = count === 1 ? "… 1 more restart like this" : `… ${count} more restarts like this`;
  return { seq: null, time, text, origin: null, by: null };
}

function missing(count: number, { time }: DaemonEvent): readonly Turn[] {
  if (count <= 0) return [];
  const text = count === 1 ? "… 1 restart before that" : `… ${count} restarts before that`;
  return [{ seq: null, time, text, origin: null, by: null, turn: undefined, kind: "" }];
}

function turnOf(
  event: DaemonEvent,
  { before, next }: { readonly before: DaemonEvent | undefined; readonly next: DaemonEvent | undefined },
  about: InstanceKey,
): readonly Turn[] {
  const link = linkText(event, before, next);
  if (link === undefined) return [];
  const { seq, time, app, by, cause } = event;
  const name =
    app === null || isAbout(app, about)
      ? ""
      : `${app.name === about.name ? `${app.name}.${app.instance}` : app.name} `;
  const { origin } = cause;
  return [
    {
      seq,
      time,
      text: `${name}${link.text}`,
      origin,
      by: by ?? (origin?.type === "request" ? origin.by : null),
      turn: link.turn,
      kind: `${name}${kindOf(event)}`,
    },
  ];
}

/** Ends are alike when all but their times is. */
function kindOf({ app, cause: { origin } }: DaemonEvent): string {
  if (origin?.type === "exit") return JSON.stringify(origin.exit);
  return `${origin?.type} ${origin !== null && "probe" in origin ? origin.probe : ""} ${app?.state === "failed" ? "failed" : ""}`;
}

function isAbout(app: InstanceKey, about: InstanceKey): boolean {
  return app.project === about.project && app.name === about.name && app.instance === about.instance;
}

function plain({ seq, time, text, origin, by }: WhyLink): WhyLink {
  return { seq, time, text, origin, by };
}
