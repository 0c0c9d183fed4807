/** `POST` and `GET /v1/events/:slot`. Unknown members are ignored, so that a relay may add some. */
import * as v from "valibot";
import { parseCursor } from "./cursor.ts";
import type { ErrorBody } from "./errors.ts";

/** `EPOCH:SEQ`, checked. */
export const cursorSchema: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.check((text) => parseCursor(text) !== undefined, "is no EPOCH:SEQ"),
);

/** The answer to a posting: 201 when it was stored now, 200 when it had been before; the same cursor both times. */
export interface Appended {
  readonly cursor: string;
}

export const appendedSchema: v.GenericSchema<unknown, Appended> = v.object({ cursor: cursorSchema });

/** One event of a page. */
export interface RelayEvent {
  readonly cursor: string;
  /** The id it was posted under. */
  readonly id: string;
  /** The sender that the posting token was minted for: a hint, the envelope's signature decides. */
  readonly sender: string;
  /** When the relay stored it, by its clock: wall ms. */
  readonly at: number;
  /** The very text that was posted, character by character. */
  readonly envelope: string;
}

/** Events after a cursor, the oldest first. */
export interface EventPage {
  readonly events: readonly RelayEvent[];
  /** The cursor to pull after next: of the last event here, else the one that was asked for. */
  readonly next: string;
  /** The cursor of the newest event when this was read. */
  readonly head: string;
  /** True when there are events between `next` and `head`. */
  readonly hasMore: boolean;
}

export const eventPageSchema: v.GenericSchema<unknown, EventPage> = v.object({
  events: v.array(
    v.object({
      cursor: cursorSchema,
      id: v.string(),
      sender: v.string(),
      at: v.number(),
      envelope: v.string(),
    }),
  ),
  next: cursorSchema,
  head: cursorSchema,
  hasMore: v.boolean(),
});

/** The answer 410 to a cursor that the slot does not know. */
export interface CursorGone extends ErrorBody {
  /** Pulling after this gives the oldest event there is. What lay between is lost to this reader, and to be told. */
  readonly oldest: string;
  readonly head: string;
}

export const cursorGoneSchema: v.GenericSchema<unknown, CursorGone> = v.object({
  error: v.object({ code: v.string(), message: v.string() }),
  oldest: cursorSchema,
  head: cursorSchema,
});
