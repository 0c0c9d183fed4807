/** Many readers at once: what each costs, how long until all have heard, and how they come back. Raw sockets. */
import { connect, type Socket } from "node:net";

/** One reader of a slot: the least of a client, so that what is measured is the relay. */
export interface Reader {
  readonly socket: Socket;
  /** Called for each piece of text. */
  onText: (text: string) => void;
}

/** Opens `count` streams, some hundred at a time. */
export async function openReaders(
  url: string,
  slot: string,
  token: string,
  count: number,
): Promise<readonly Reader[]> {
  const readers: Reader[] = [];
  while (readers.length < count) {
    const some = Array.from({ length: Math.min(200, count - readers.length) }, () =>
      openReader(url, slot, token),
    );
    readers.push(...(await Promise.all(some)));
  }
  return readers;
}

/** Resolves with the time (monotonic ms) from `begin` until each has heard a wake. */
export async function untilAllWoke(
  readers: readonly Reader[],
  begin: () => Promise<unknown>,
): Promise<readonly number[]> {
  const from = performance.now();
  const heard = readers.map(
    (reader) =>
      new Promise<number>((resolve) => {
        reader.onText = (text) => void (text.includes("event: wake") && resolve(performance.now() - from));
      }),
  );
  await begin();
  return await Promise.all(heard);
}

function openReader(url: string, slot: string, token: string): Promise<Reader> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const reader: Reader = { socket, onText: () => undefined };
    let text = "";
    const first = (more: string) => {
      text += more;
      if (!text.includes("event: hello")) return;
      socket.off("data", first);
      socket.on("data", (later: string) => reader.onText(later));
      resolve(reader);
    };
    socket.setEncoding("latin1").on("data", first);
    socket.on("error", reject);
    const head = `GET /v1/events/${slot}/stream HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${token}\r\n`;
    socket.write(`${head}Accept: text/event-stream\r\n\r\n`);
  });
}
