import {
  type Backoff,
  type Clock,
  type Random,
  type ShutdownToken,
  type StreamState,
  TerminalError,
} from "@holdfast/runtime";
import * as v from "valibot";
import { readJson } from "../envelope/read-json.ts";
import { heartbeatSchema } from "../protocol/index.ts";
import { UnauthorisedError } from "./http/refusal.ts";
import type { HttpTransport } from "./http/transport.ts";
import { type ClientSettings, eventsUrl, mailboxOf } from "./settings.ts";
import type { SseItem } from "./sse/reader.ts";
import { type SseTarget, subscribeSse } from "./sse/subscribe.ts";

/** How a client holds the stream of its mailbox. */
export interface SubscriptionOptions {
  readonly settings: ClientSettings;
  readonly transport: HttpTransport;
  /** Somebody says that there may be something: pull. */
  readonly onWake: () => void;
  /** The relay says where its head is: pull unless the cursor is there. */
  readonly onHead: (head: string) => void;
  readonly onState: (state: StreamState) => void;
  readonly idleTimeoutMs?: number;
  readonly backoff?: Backoff;
  /** How many pulls succeeded: one more tells that a token is taken for which the stream was refused. */
  readonly pulls: () => number;
  /** How often to look, after the relay refused for good, whether there are other settings. */
  readonly lookEveryMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Holds the stream until `token` is cancelled. When the relay refuses it for good it is not asked again with the same
 * settings; as soon as there are others it is, or once a pull shows that a refused token is taken after all.
 */
export async function keepSubscribed(options: SubscriptionOptions, token: ShutdownToken): Promise<void> {
  const { settings, transport, onState, clock, random, idleTimeoutMs, backoff, lookEveryMs } = options;
  while (!token.isCancelled) {
    let refused = "";
    const target = async () => {
      const found = await targetOf(settings);
      refused = textOf(found);
      return found;
    };
    const subscribed = subscribeSse(
      {
        ...{ target, transport, onState, clock, random },
        onItem: (item) => hear(item, options),
        counts: (item) => item.kind === "event" && !["hello", "heartbeat", "bye"].includes(item.type),
        ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
        ...(backoff && { backoff }),
      },
      token,
    );
    try {
      await subscribed;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      const before = options.pulls();
      const isBack = () => error instanceof UnauthorisedError && options.pulls() > before;
      while (!token.isCancelled && !isBack() && (await isStill(refused, settings))) {
        await clock.sleep(lookEveryMs, token);
      }
    }
  }
}

/** Nothing is parsed out of a wake. The head is only taken as a reason to look, and what cannot be read is one too. */
function hear(item: SseItem, { onWake, onHead }: SubscriptionOptions): void {
  if (item.kind === "comment") return;
  switch (item.type) {
    case "hello":
      onWake();
      return;
    case "heartbeat": {
      const beat = v.safeParse(heartbeatSchema, readJson(item.data));
      if (beat.success) onHead(beat.output.head);
      else onWake();
      return;
    }
    case "bye":
      return;
    default:
      onWake();
  }
}

async function targetOf(settings: ClientSettings): Promise<SseTarget> {
  const mailbox = await mailboxOf(settings);
  return { url: eventsUrl(mailbox, "/stream"), headers: { authorization: `Bearer ${mailbox.token}` } };
}

function textOf({ url, headers }: SseTarget): string {
  return `${url.href} ${headers?.["authorization"]}`;
}

async function isStill(refused: string, settings: ClientSettings): Promise<boolean> {
  try {
    return textOf(await targetOf(settings)) === refused;
  } catch {
    // Settings that are not there, or cannot be read, are no others.
    return true;
  }
}
