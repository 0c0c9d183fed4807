/**
 * `GET /v1/events/:slot/stream`: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * They say only that there is something to pull. `hello` comes first; then `wake`, whose id is the cursor of the newest
 * event, and `heartbeat`; `bye` before a planned stop, with a `retry` of its own for each reader.
 */
import * as v from "valibot";
import { cursorSchema } from "./events.ts";

/** Names of the events of a stream. Others are to be ignored. */
export type StreamEventName = "hello" | "wake" | "heartbeat" | "bye";

/** The first event. A reader pulls until its cursor is at `head`. */
export interface Hello {
  readonly head: string;
  readonly epoch: string;
  /** A heartbeat comes at least this often; a stream that is silent for 2.5 times as long is dead. */
  readonly heartbeatMs: number;
}

export const helloSchema: v.GenericSchema<unknown, Hello> = v.object({
  head: cursorSchema,
  epoch: v.string(),
  heartbeatMs: v.pipe(v.number(), v.minValue(1)),
});

/** Carries the head, so that a wake that was lost costs no more than a heartbeat. */
export interface Heartbeat {
  readonly head: string;
}

export const heartbeatSchema: v.GenericSchema<unknown, Heartbeat> = v.object({ head: cursorSchema });

/** Why a stream is about to end. */
export interface Bye {
  readonly reason: "stopping" | "revoked" | "slot-deleted";
}

export const byeSchema: v.GenericSchema<unknown, Bye> = v.object({
  reason: v.picklist(["stopping", "revoked", "slot-deleted"]),
});
