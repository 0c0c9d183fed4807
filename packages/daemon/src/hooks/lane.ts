import { type Delivery, laneOf, type Receiver } from "./delivery.ts";

/** What is owed to one receiver, in order. */
export class Lane {
  readonly id: string;
  readonly kind: Delivery["kind"];
  readonly project: string;
  /** The app that it is about; null for a webhook. */
  readonly name: string | null;
  /** For people. */
  readonly title: string;
  /** The first is the one that is being told. */
  readonly queue: Delivery[] = [];
  /** Present while somebody works on it. */
  work: Promise<void> | undefined;
  delivered = 0;
  /** Left out since it last worked. */
  dropped = 0;
  /** Why it does not work now. */
  trouble: string | undefined;
  /** Why it is told nothing more. */
  gone: string | undefined;

  constructor(receiver: Receiver) {
    this.id = laneOf(receiver);
    this.kind = receiver.kind;
    this.project = receiver.project;
    this.name = receiver.kind === "webhook" ? null : receiver.name;
    this.title = receiver.kind === "webhook" ? `webhook ${receiver.hook}` : `on_exit of ${receiver.name}`;
  }
}
