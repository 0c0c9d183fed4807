/** How a machine gets a mailbox that was made for it: by one word, which is good once. */
import { HoldfastError } from "@holdfast/runtime";
import * as v from "valibot";
import { slotForm } from "../protocol/index.ts";
import { administration, type EnrolContext } from "./administration.ts";
import type { Enrolment } from "./enrol.ts";
import type { MailboxSettings } from "./settings.ts";
import { formatWord, parseWord } from "./word.ts";

const invitationSchema = v.object({
  url: v.string(),
  slot: v.pipe(v.string(), v.regex(slotForm)),
  token: v.string(),
});

const prefix = "hfj1_";

/** A mailbox and the token that administers it, as one word. Whoever uses it first has the mailbox. */
export function formatInvitation(invitation: MailboxSettings): string {
  return formatWord(prefix, invitation);
}

/** Reads such a word. Throws `BAD_INVITATION`. */
export function parseInvitation(word: string): MailboxSettings {
  try {
    return parseWord(prefix, invitationSchema, word);
  } catch (cause) {
    throw new HoldfastError("BAD_INVITATION", "this is no invitation; ask for it once more", { cause });
  }
}

/**
 * Takes a mailbox over: mints tokens of one's own, hands them to `keep` to make them durable, and revokes every other
 * token that administers it, so that the invitation is good once. Throws as `enrol` does.
 */
export async function join(
  { url, slot, token }: MailboxSettings,
  keep: (enrolment: Enrolment) => unknown,
  ctx: EnrolContext,
): Promise<Enrolment> {
  const admin = await administration({ url, token }, ctx).mint({ scope: "admin", slot });
  const own = administration({ url, token: admin.token }, ctx);
  const read = await own.mint({ scope: "read", slot });
  const enrolment = { mailbox: { url, slot, token: read.token }, tokenId: read.id, admin: admin.token };
  await keep(enrolment);
  for (const { id, scope } of await own.tokens(slot)) {
    if (scope === "admin" && id !== admin.id) await own.revoke(id);
  }
  return enrolment;
}
