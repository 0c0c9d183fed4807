import type { Channel } from "./channel.ts";

/** What becomes of the first text: the reader of the rest gets it as well, or does not. */
export type FirstText = "keep" | "take";

/**
 * Looks at the first text of a channel before anybody reads it. `decide` is given that text and the channel to hand on,
 * which has one reader; what comes before that reader is there waits for it.
 */
export function onFirstText(channel: Channel, decide: (text: string, rest: Channel) => FirstText): void {
  const waiting: string[] = [];
  let [isFirst, listener] = [true, (text: string): void => void waiting.push(text)];
  const rest: Channel = {
    send: (text) => channel.send(text),
    onText(reader) {
      for (const text of waiting.splice(0)) reader(text);
      listener = reader;
    },
    onClose: (told) => channel.onClose(told),
    close: () => channel.close(),
    get bufferedBytes() {
      return channel.bufferedBytes;
    },
    ...(channel.drained && { drained: () => channel.drained?.() ?? Promise.resolve() }),
  };
  channel.onText((text) => {
    if (!isFirst) {
      listener(text);
      return;
    }
    isFirst = false;
    if (decide(text, rest) === "keep") listener(text);
  });
}
