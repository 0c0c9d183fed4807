import { HoldfastError } from "@holdfast/runtime";
import type { MaybePromise } from "../envelope/crypto.ts";
import type { KeyText } from "../envelope/public-key.ts";

/** Whose mailbox is where, and what opens it. */
export interface MailboxSettings {
  /** The relay: `https://relay.example`. */
  readonly url: string;
  readonly slot: string;
  /** To read with. */
  readonly token: string;
}

/** Where mail to somebody goes, and with which token. */
export type Route = MailboxSettings;

/**
 * The settings of a client, each asked for anew whenever it is used, so that what was changed meanwhile holds at the next
 * request. `undefined` is a mistake that may be mended: it is tried again.
 */
export interface ClientSettings {
  mailbox(): MaybePromise<MailboxSettings | undefined>;
  routeTo(recipient: KeyText): MaybePromise<Route | undefined>;
}

/** Throws `NO_MAILBOX` when there are none, and `BAD_URL` for what is no URL of a relay. */
export async function mailboxOf(settings: ClientSettings): Promise<MailboxSettings> {
  const found = await settings.mailbox();
  if (!found) throw new HoldfastError("NO_MAILBOX", "there is no mailbox yet; enrol with a relay");
  return found;
}

/** The URL of a slot's events. A relay below a path of its proxy keeps that path. */
export function eventsUrl({ url, slot }: Pick<MailboxSettings, "url" | "slot">, more = ""): URL {
  const base = url.endsWith("/") ? url : `${url}/`;
  if (!URL.canParse(base) || !/^https?:/i.test(base)) {
    throw new HoldfastError("BAD_URL", `${url} is no URL of a relay; write https://…`);
  }
  return new URL(`v1/events/${encodeURIComponent(slot)}${more}`, base);
}
