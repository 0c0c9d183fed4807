import type { Crypto } from "../envelope/crypto.ts";
import { type Opened, openEnvelopeText, type Unsigned } from "../envelope/envelope.ts";
import type { ParsedPayload } from "../envelope/event.ts";
import {
  type Bench,
  type History,
  judge,
  payloadOf,
  type RejectReason,
  type Verdict,
} from "../envelope/verdict.ts";
import type { MailStore, Mark, PageCommit, QuarantinedEvent } from "./store/mail-store.ts";

/** An envelope to be judged, with when it was first seen. */
export interface Arrival {
  readonly envelope: string;
  readonly receivedAt: number;
}

/** Why an event was refused, for whoever looks after the client. */
export interface Rejection {
  /** `no-room`: a stranger's, and as many events are in quarantine as may be. */
  readonly reason: RejectReason | "no-room";
  readonly why: string;
  readonly id?: string;
  readonly sender?: string;
}

/** A page, judged: what is to be committed, and what came of the rest. */
export interface JudgedPage extends Pick<PageCommit, "accepted" | "quarantined"> {
  readonly rejected: readonly Rejection[];
  readonly duplicates: number;
  /** In the order of the arrivals. */
  readonly verdicts: readonly { readonly id: string | undefined; readonly verdict: Verdict }[];
}

interface Exhibit {
  readonly arrival: Arrival;
  readonly opened: Opened | Unsigned;
  readonly payload: ParsedPayload | undefined;
}

/** Judges envelopes in their order; one of them counts as seen for those after it. */
export async function judgePage(
  arrivals: readonly Arrival[],
  store: Pick<MailStore, "historyOf">,
  bench: Omit<Bench, "receivedAt">,
  crypto: Crypto,
  inQuarantine: "duplicate" | "new" = "duplicate",
): Promise<JudgedPage> {
  const exhibits = await Promise.all(arrivals.map((arrival) => exhibit(arrival, crypto)));
  const marks = exhibits.flatMap((each) => markOf(each) ?? []);
  const histories = await store.historyOf(marks, inQuarantine);
  const known = new Map(marks.map((mark, at) => [mark.id, histories[at] ?? "new"]));
  const ids = new Set<string>();
  const numbers = new Set<string>();
  const page = { accepted: [], quarantined: [], rejected: [], verdicts: [] } as {
    accepted: PageCommit["accepted"][number][];
    quarantined: QuarantinedEvent[];
    rejected: Rejection[];
    verdicts: JudgedPage["verdicts"][number][];
  };
  let duplicates = 0;
  for (const each of exhibits) {
    const { arrival, opened, payload } = each;
    const mark = markOf(each);
    const number = mark?.sequence === undefined ? undefined : `${mark.sender} ${mark.sequence}`;
    const history = mark ? historyHere(mark, number, known.get(mark.id) ?? "new", ids, numbers) : "new";
    const verdict = judge(opened, payload, history, { ...bench, receivedAt: arrival.receivedAt });
    page.verdicts.push({ id: mark?.id, verdict });
    switch (verdict.kind) {
      case "accept":
        if (mark) page.accepted.push({ id: mark.id, event: verdict.event, receivedAt: arrival.receivedAt });
        if (number) numbers.add(number);
        break;
      case "quarantine":
        if (mark) page.quarantined.push({ ...mark, ...arrival, reason: verdict.reason, why: verdict.why });
        break;
      case "duplicate":
        duplicates++;
        break;
      case "reject":
        page.rejected.push({ reason: verdict.reason, why: verdict.why, ...mark });
        break;
    }
    if (mark && verdict.kind !== "reject") ids.add(mark.id);
  }
  return { ...page, duplicates };
}

/** The same page with no more in quarantine than there is room for; events of senders who are pinned are always kept. */
export function withinRoom(page: JudgedPage, room: number): JudgedPage {
  let left = room;
  const isKept = ({ reason }: QuarantinedEvent) => reason !== "unpinned-sender" || left-- > 0;
  const quarantined = page.quarantined.filter(isKept);
  const refused = page.quarantined.filter((event) => !quarantined.includes(event));
  const rejections = refused.map(({ id, sender }): Rejection => {
    return { reason: "no-room", why: "the quarantine is full of events of strangers", id, sender };
  });
  return { ...page, quarantined, rejected: [...page.rejected, ...rejections] };
}

async function exhibit(arrival: Arrival, crypto: Crypto): Promise<Exhibit> {
  const opened = await openEnvelopeText(arrival.envelope, crypto);
  return { arrival, opened, payload: opened.kind === "opened" ? payloadOf(opened) : undefined };
}

function markOf({ opened, payload }: Exhibit): Mark | undefined {
  if (opened.kind === "unsigned") return undefined;
  const { id, sender } = opened;
  return payload?.kind === "event" ? { id, sender, sequence: payload.event.sequence } : { id, sender };
}

function historyHere(
  { id }: Mark,
  number: string | undefined,
  stored: History,
  ids: ReadonlySet<string>,
  numbers: ReadonlySet<string>,
): History {
  if (stored === "duplicate" || ids.has(id)) return "duplicate";
  return number !== undefined && numbers.has(number) ? "number-taken" : stored;
}
