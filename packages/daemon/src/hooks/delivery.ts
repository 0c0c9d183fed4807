import type { Command } from "../spec/app-spec.ts";

interface Owed {
  /** What the receiver knows it by, however often it is sent. */
  readonly id: string;
  readonly project: string;
  /** Grows: what is owed to one receiver is sent in this order. */
  readonly seq: number;
  /** The number of the event that it is about; absent for the end of a run. */
  readonly about?: number;
  /** Wall-clock milliseconds. */
  readonly created: number;
  /** How often it was tried in vain. */
  readonly attempts: number;
  /** Not before then: wall-clock milliseconds. */
  readonly next: number;
}

/** An event for a webhook. */
export interface OwedRequest extends Owed {
  readonly kind: "webhook";
  readonly hook: string;
  readonly body: string;
}

/** A command that is to be run once after an end of a run. */
export interface OwedCommand extends Owed {
  readonly kind: "on-exit";
  readonly name: string;
  readonly instance: number;
  readonly command: Command;
  readonly timeoutMs: number;
  readonly workingDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What is still to be told to somebody; kept until it was. */
export type Delivery = OwedRequest | OwedCommand;

/** How a run ended: by itself, well or not, or because somebody asked. */
export type RunResult = "success" | "failure" | "stopped";

/** Who is told. */
export type Receiver =
  | { readonly kind: "webhook"; readonly project: string; readonly hook: string }
  | { readonly kind: "on-exit"; readonly project: string; readonly name: string; readonly instance: number };

/** Names a receiver. */
export function laneOf(receiver: Receiver): string {
  return receiver.kind === "webhook"
    ? `webhook ${receiver.project}/${receiver.hook}`
    : `on-exit ${receiver.project}/${receiver.name}/${receiver.instance}`;
}

/** What names it among all that is owed: events have one id for all receivers. */
export function keyOf(delivery: Delivery): string {
  return `${laneOf(delivery)}/${delivery.id}`;
}
