import { type Clock, systemClock } from "@holdfast/runtime";
import { type Trouble, troubleOf } from "../connection/next-step.ts";
import { Topic } from "./topic.ts";

/** Something to tell the reader, in a corner of the page. */
export interface Notice {
  readonly id: number;
  readonly tone: "good" | "bad";
  readonly message: string;
  readonly nextStep: string | null;
  /** Where there is more about it. */
  readonly link: { readonly to: string; readonly text: string } | null;
}

const goodNewsMs = 5_000;
const most = 5;

/** Good news goes by itself; bad news stays until it is dismissed. */
export class Notices {
  readonly topic: Topic = new Topic();
  readonly #clock: Clock;
  #list: readonly Notice[] = [];
  #lastId = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get list(): readonly Notice[] {
    return this.#list;
  }

  tell(message: string): void {
    const id = this.#add({ tone: "good", message, nextStep: null, link: null });
    this.#clock.setTimeout(() => this.dismiss(id), goodNewsMs);
  }

  warn({ message, nextStep }: Trouble, link: Notice["link"] = null): void {
    this.#add({ tone: "bad", message, nextStep, link });
  }

  /** Waits for the work, and warns if it fails. */
  readonly watch = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => this.warn(troubleOf(error)));
  };

  dismiss(id: number): void {
    this.#set(this.#list.filter((notice) => notice.id !== id));
  }

  #add(notice: Omit<Notice, "id">): number {
    const id = ++this.#lastId;
    const others = this.#list.filter(({ message }) => message !== notice.message);
    this.#set([...others.slice(-most + 1), { id, ...notice }]);
    return id;
  }

  #set(list: readonly Notice[]): void {
    this.#list = list;
    this.topic.tell();
  }
}
