import { ShutdownToken, seededRandom } from "../src/index.ts";
import { type MailboxOptions, mailbox } from "../src/sync.ts";
import { VirtualClock } from "../src/testing/index.ts";

export const stop = { kind: "user-requested" } as const;

export interface Mail {
  readonly seq: number;
  readonly text: string;
}

/** A relay with one mailbox: pages of three, and a stream that says nothing but "look". */
export class Relay {
  readonly mails: Mail[] = [];
  readonly pulls: { at: number; cursor: number | undefined }[] = [];
  connects = 0;
  /** How long a pull takes, and whether it fails. */
  pullMs = 0;
  down: Error | undefined;
  refuse: Error | undefined;
  #wake: ((event: string | undefined) => void) | undefined;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Mail arrives; who is subscribed is told unless `silently`. */
  send(texts: readonly string[], silently = false): void {
    for (const text of texts) this.mails.push({ seq: this.mails.length + 1, text });
    if (!silently) this.#wake?.("look");
  }

  hangUp(): void {
    this.#wake?.(undefined);
  }

  async pull(cursor: number | undefined): Promise<Mail[]> {
    this.pulls.push({ at: this.#clock.monotonic(), cursor });
    await this.#clock.sleep(this.pullMs);
    if (this.down) throw this.down;
    return this.mails.filter(({ seq }) => seq > (cursor ?? 0)).slice(0, 3);
  }

  async connect(token: ShutdownToken): Promise<AsyncIterable<unknown>> {
    this.connects++;
    if (this.refuse) throw this.refuse;
    let next = Promise.withResolvers<string | undefined>();
    this.#wake = (event) => next.resolve(event);
    token.onCancel(() => next.resolve(undefined));
    return (async function* () {
      for (let event = await next.promise; event !== undefined; event = await next.promise) {
        next = Promise.withResolvers();
        yield event;
      }
    })();
  }
}

export function setUp(options: Partial<MailboxOptions<Mail, number>> = {}) {
  const clock = new VirtualClock();
  const relay = new Relay(clock);
  const token = new ShutdownToken();
  const attempts: [number, string][] = [];
  const applied: string[] = [];
  const saved: number[] = [];
  const quarantined = new Map<number, Mail>();
  const errors: string[] = [];
  /** Texts that cannot be processed. */
  const poison = new Set<string>();
  const made = mailbox<Mail, number>({
    pull: ({ cursor }) => relay.pull(cursor),
    cursorOf: ({ seq }) => seq,
    compare: (a, b) => a - b,
    checkpoint: { load: () => saved.at(-1), save: (cursor) => saved.push(cursor) },
    process: async ({ text }) => {
      attempts.push([clock.monotonic(), text]);
      await clock.sleep(1);
      if (poison.has(text)) throw new Error(`cannot judge ${text}`);
      applied.push(text);
    },
    quarantine: {
      keep: (mail, error) => {
        errors.push((error as Error).message);
        quarantined.set(mail.seq, mail);
      },
      all: () => [...quarantined.values()],
      release: ({ seq }) => quarantined.delete(seq),
    },
    subscribe: { connect: ({ token }) => relay.connect(token) },
    backoff: { initialMs: 1_000, factor: 2, maxMs: 30_000 },
    ...{ clock, random: seededRandom(1) },
    ...options,
  });
  const start = () => made.run(token);
  return { clock, relay, token, mailbox: made, attempts, applied, saved, quarantined, errors, poison, start };
}
