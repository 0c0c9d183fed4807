/** What machines write to each other: each the encrypted body of one signed event. */
import * as v from "valibot";
import { type RemoteRole, remoteRoles } from "../api/contract-remote.ts";
import { appNamePattern } from "../spec/app-name.ts";

/** The `type` of the events. */
export const pairType = "holdfast.pair.v1";
export const callType = "holdfast.rpc.v1";

/** A machine asks, with a code that it was given by hand, to be paired; the other one makes it welcome. */
export type PairMail =
  | { readonly kind: "ask"; readonly secret: string; readonly name: string; readonly address: string }
  | {
      readonly kind: "welcome";
      readonly secret: string;
      readonly name: string;
      readonly role: RemoteRole;
      readonly address: string;
    };

/**
 * One connection, but for `began`: the sender's daemon has started, and knows none of before. `open` names its first half, `opened` the whole; what comes later names the whole, which only a daemon
 * that lives knows. `taken` counts the characters of texts that were received since the beginning.
 */
export type CallMail =
  | { readonly kind: "began" }
  | { readonly kind: "open"; readonly connection: string }
  | { readonly kind: "opened"; readonly connection: string; readonly role: RemoteRole }
  | ChannelMail;

/** What goes over a connection once it is open. */
export type ChannelMail =
  | {
      readonly kind: "texts";
      readonly connection: string;
      /** Counts the texts mails of this direction, from 1. */
      readonly n: number;
      readonly texts: readonly string[];
      /** The last text goes on with the first of the next mail. */
      readonly continues?: true;
      readonly taken: number;
    }
  | { readonly kind: "taken"; readonly connection: string; readonly taken: number }
  | { readonly kind: "close"; readonly connection: string; readonly reason?: string };

const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const connection = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,32}(\.[A-Za-z0-9_-]{16,32})?$/));
const name = v.pipe(v.string(), v.regex(appNamePattern));
const role = v.picklist(remoteRoles);

export const pairMail: v.GenericSchema<unknown, PairMail> = v.variant("kind", [
  v.object({ kind: v.literal("ask"), secret: v.string(), name, address: v.string() }),
  v.object({ kind: v.literal("welcome"), secret: v.string(), name, role, address: v.string() }),
]);

export const callMail: v.GenericSchema<unknown, CallMail> = v.variant("kind", [
  v.object({ kind: v.literal("began") }),
  v.object({ kind: v.literal("open"), connection }),
  v.object({ kind: v.literal("opened"), connection, role }),
  v.object({
    kind: v.literal("texts"),
    connection,
    n: whole,
    texts: v.array(v.string()),
    continues: v.exactOptional(v.literal(true)),
    taken: whole,
  }),
  v.object({ kind: v.literal("taken"), connection, taken: whole }),
  v.object({ kind: v.literal("close"), connection, reason: v.exactOptional(v.string()) }),
]);
