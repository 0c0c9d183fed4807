import { type ClientState, type Facts, stateOf, UnauthorisedError } from "@holdfast/relay";
import { expect, test } from "vitest";

const error = new Error("no");
const refused = new UnauthorisedError("401");
const none = { kind: "none" } as const;
const succeeded = { kind: "succeeded" } as const;
const failed = { kind: "failed", error } as const;
const open = { kind: "open", since: 7 } as const;
const waiting = { kind: "waiting", attempt: 1, until: 9, error } as const;
const closed = { kind: "closed", error } as const;

test.each<readonly [string, Facts, ClientState]>([
  ["nothing runs", { pull: succeeded }, { kind: "stopped" }],
  [
    "a first attempt",
    { stream: { kind: "connecting", attempt: 2 }, pull: none },
    { kind: "connecting", attempt: 2 },
  ],
  ["a stream", { stream: open, pull: none }, { kind: "connected", since: 7 }],
  ["a stream and pulls", { stream: open, pull: succeeded }, { kind: "connected", since: 7 }],
  ["a stream without pulls", { stream: open, pull: failed }, { kind: "degraded", without: "pull", error }],
  [
    "pulls while waiting",
    { stream: waiting, pull: succeeded },
    { kind: "degraded", without: "stream", error },
  ],
  ["nothing while waiting", { stream: waiting, pull: failed }, { kind: "backoff", until: 9, error }],
  ["not known while waiting", { stream: waiting, pull: none }, { kind: "backoff", until: 9, error }],
  [
    "pulls, and no stream for good",
    { stream: closed, pull: succeeded },
    { kind: "degraded", without: "stream", error },
  ],
  ["nothing, and no stream for good", { stream: closed, pull: failed }, { kind: "backoff", error }],
  [
    "a stream that was refused",
    { stream: { kind: "closed", error: refused }, pull: none },
    { kind: "unauthorised", error: refused },
  ],
  [
    "pulls that were refused",
    { stream: open, pull: { kind: "failed", error: refused } },
    { kind: "unauthorised", error: refused },
  ],
])("%s", (_, facts, state) => {
  expect(stateOf(facts)).toEqual(state);
});
