/** The EventSource cases of the web-platform-tests (wpt/eventsource) that are about parsing, by their names. */
import { type SseItem, SseReader, type SseReaderOptions } from "@holdfast/relay";
import { seededRandom } from "@holdfast/runtime";
import { expect, test } from "vitest";

const encode = (text: string) => new TextEncoder().encode(text);

function read(pieces: readonly Uint8Array[], options?: SseReaderOptions) {
  const reader = new SseReader(options);
  return { items: pieces.flatMap((piece) => reader.read(piece)), reader };
}

const eventsOf = (items: readonly SseItem[]) =>
  items.flatMap((item) => (item.kind === "event" ? [item] : []));
const dataOf = (text: string) => eventsOf(read([encode(text)]).items).map(({ data }) => data);
const long2 = "x".repeat(2_000);

test.each<readonly [string, string, readonly string[]]>([
  [
    "event-data",
    "data:msg\ndata:msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n",
    ["msg\nmsg", "", "end"],
  ],
  ["format-bom", "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n", ["1", "3"]],
  ["format-bom-2", "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n", ["2", "3"]],
  [
    "format-comments",
    `data:1\r:\0\n:\r\ndata:2\n:${long2}\rdata:3\n:data:fail\r:${long2}\ndata:4\n\n`,
    ["1\n2\n3\n4"],
  ],
  ["format-data-before-final-empty-line", "retry:1000\ndata:test1\n\nid:test\ndata:test2", ["test1"]],
  ["format-field-data", "data:\n\ndata\ndata\n\ndata:test\n\n", ["", "\n", "test"]],
  [
    "format-field-parsing",
    "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
    ["\0\n 2\n1\n3\n\n4"],
  ],
  [
    "format-field-unknown",
    "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
    ["test\n\ntest"],
  ],
  ["format-leading-space", "data:\ttest\rdata: \ndata:test\n\n", ["\ttest\n\ntest"]],
  ["format-newlines", "data:test\r\ndata\ndata:test\r\n\r", ["test\n\ntest"]],
  ["format-null-character", "data:\0\n\n\n\n", ["\0"]],
  ["format-utf-8", "data:okÄ\n\n", ["okÄ"]],
])("eventsource/%s", (_, text, expected) => {
  expect(dataOf(text)).toEqual(expected);
});

test("eventsource/format-field-event", () => {
  const { items } = read([encode("event:test\ndata:x\n\ndata:x\n\n")]);
  expect(eventsOf(items).map(({ type }) => type)).toEqual(["test", "message"]);
});

test("eventsource/format-field-event-empty", () => {
  const { items } = read([encode("event: \ndata:data\n\n")]);
  expect(eventsOf(items)).toMatchObject([{ type: "message", data: "data" }]);
});

test.each([
  ["format-field-id", "id: …\ndata:hello\n\n", "…"],
  ["format-field-id-2", "id: 1\ndata:a\n\nid\ndata:b\n\n", ""],
  ["format-field-id-3", "id: 1\ndata:a\n\nid:2\n\n", "2"],
  ["format-field-id-null, at its end", "id: 1\ndata:a\n\nid: a\0\ndata:b\n\n", "1"],
  ["format-field-id-null, alone", "id: 1\ndata:a\n\nid: \0\ndata:b\n\n", "1"],
  ["format-field-id-null, within", "id: 1\ndata:a\n\nid: a\0b\ndata:b\n\n", "1"],
])("eventsource/%s", (_, text, expected) => {
  expect(read([encode(text)]).reader.lastEventId).toBe(expected);
});

test.each([
  ["format-field-retry", "retry:3000\ndata:x\n\n", 3_000],
  ["format-field-retry-bogus", "retry:3000\nretry:1000x\ndata:x\n\n", 3_000],
  ["format-field-retry-empty", "retry\ndata:test\n\n", undefined],
])("eventsource/%s", (_, text, expected) => {
  expect(read([encode(text)]).reader.retryMs).toBe(expected);
});

test("any chunking gives the same events", () => {
  const random = seededRandom(6);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  const parts = [
    "data",
    "id",
    "event",
    "retry",
    "color",
    "",
    ":",
    ": ",
    "é",
    "豆腐",
    "\u{1F980}",
    "\0",
    "7",
    "\uFEFF",
  ];
  const ends = ["\n", "\r", "\r\n"];
  for (let round = 0; round < 2_000; round++) {
    const words = Array.from({ length: 40 }, () => (random.next() < 0.4 ? pick(ends) : pick(parts)));
    const bytes = encode(`${words.join("")}\n\ndata:end\n\n`);
    const whole = read([bytes]);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + Math.floor(random.next() ** 3 * 20);
      pieces.push(bytes.subarray(at, next));
      at = next;
    }
    const split = read(pieces);
    expect(split.items).toEqual(whole.items);
    expect([split.reader.lastEventId, split.reader.retryMs]).toEqual([
      whole.reader.lastEventId,
      whole.reader.retryMs,
    ]);
  }
});

test.each([
  ["a line that never ends", "data:x"],
  ["an event that never ends", "data:xxxxxxxxx\n"],
])("%s is given up at the limit, and takes no more memory", (_, piece) => {
  const reader = new SseReader({ maxChars: 10_000 });
  const flood = () => {
    for (let count = 0; count < 10_000; count++) reader.read(encode(piece));
  };
  expect(flood).toThrow(expect.objectContaining({ code: "SSE_TOO_LONG" }));
});
