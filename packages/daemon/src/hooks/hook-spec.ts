/** What a manifest says of those who are to be told: resolved, as all of a spec. Times are milliseconds. */
import type { Command } from "../spec/app-spec.ts";

/** A command that is run after each end of a run that it is meant for. */
export interface OnExit {
  readonly command: Command;
  /** `failure` and `success` are ends that nobody asked for; `always` also those that somebody did. */
  readonly when: "failure" | "success" | "always";
  /** Then it is killed with all it started. */
  readonly timeoutMs: number;
}

/** An address that events of a project are sent to. */
export interface Webhook {
  /** Unique in its project. */
  readonly name: string;
  /** `https:`, or `http:` of this machine's own loopback; without a user or a password in it. */
  readonly url: string;
  /** Names of events, as `eventNames` has them. */
  readonly events: readonly string[];
  /** Only what is about these apps; absent means all, and what is about none. */
  readonly apps?: readonly string[];
  /** Absolute. What requests are signed with; it is read anew for each. */
  readonly secretFile?: string;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** After so long it is tried no more. */
  readonly giveUpAfterMs: number;
}

/** Of a webhook whose manifest does not say otherwise. */
export const usualWebhook: Pick<Webhook, "events" | "timeoutMs" | "giveUpAfterMs"> = {
  events: ["state.failed", "state.backoff", "state.unhealthy", "warning"],
  timeoutMs: 15_000,
  giveUpAfterMs: 3 * 86_400_000,
};

/** Why a URL is none for a webhook, in words; undefined when it is one. */
export function webhookUrlFault(text: string): string | undefined {
  if (!URL.canParse(text)) return "it is no URL";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "")
    return "a user and a password in it would be told; use secret_file";
  if (url.protocol === "https:") return undefined;
  if (url.protocol !== "http:") return "it must begin with https:";
  const isOwn = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  return isOwn ? undefined : "http: reaches no further than this machine's loopback; use https:";
}
