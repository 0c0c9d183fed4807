/** The named cases of launchdarkly/sse-contract-tests (ssetests/*.go), 113 in all, in our words and under their names. */
import { describe, expect, test } from "vitest";
import { ContractRig, type Expected, type ServedStream } from "./contract-rig.ts";

type Case = readonly [name: string, pieces: readonly (string | Uint8Array)[], events: readonly Expected[]];

const once = (name: string, text: string, ...events: readonly Expected[]): Case => [name, [text], events];
const bom = "\uFEFF";
const bomBytes = Buffer.from(bom);
const large = Buffer.alloc(5 * 1_024 * 1_024, "0123456789abcdef").toString("base64");
const many = Array.from({ length: 100 }, (_, at) => `message ${at}`);

const basic: readonly Case[] = [
  once("one-line message in one chunk", "data: Hello\n\n", { data: "Hello" }),
  [
    "two messages spanning 3 chunks with shared chunk",
    ["data: test", "test\n\ndata:", "test\n\n"],
    [{ data: "testtest" }, { data: "test" }],
  ],
  once("large message in one chunk", `data: ${large}\n\n`, { data: large }),
  ["large message in two chunks", [`data: ${large}`, `${large}\n\n`], [{ data: large + large }]],
  ["one-line message in two chunks", ["data: Hel", "lo\n\n"], [{ data: "Hello" }]],
  once(
    "two one-line messages in one chunk",
    "data: Hello\n\ndata: World\n\n",
    { data: "Hello" },
    { data: "World" },
  ),
  once("one two-line message in one chunk", "data: Hello\ndata:World\n\n", { data: "Hello\nWorld" }),
  once("empty data", "data:\n\n", { data: "" }),
  once("event with specific type", "event: greeting\ndata: Hello\n\n", { type: "greeting", data: "Hello" }),
  once("default event type", "data: Hello\n\n", { type: "message", data: "Hello" }),
  once("event with ID", "id: abc\ndata: Hello\n\n", { id: "abc", data: "Hello" }),
  once("event with type and ID", "event: greeting\nid: abc\ndata: Hello\n\n", {
    ...{ type: "greeting", id: "abc", data: "Hello" },
  }),
  once("ID field is ignored if it contains a null", "id: a\0bc\ndata: Hello\n\n", { data: "Hello" }),
  [
    "last ID persists if not overridden by later event",
    ["id: abc\ndata: first\n\n", "data: second\n\n"],
    [
      { id: "abc", data: "first" },
      { id: "abc", data: "second" },
    ],
  ],
  [
    "last ID can be overridden by an empty value",
    ["id: abc\ndata: first\n\n", "id: \ndata: second\n\n"],
    [{ id: "abc", data: "first" }, { data: "second" }],
  ],
  once("fields in reverse order", "data: Hello\nid: abc\nevent: greeting\n\n", {
    ...{ type: "greeting", id: "abc", data: "Hello" },
  }),
  once("unknown field is ignored", "event: greeting\ncolor: blue\ndata: Hello\n\n", {
    type: "greeting",
    data: "Hello",
  }),
  once("fields without leading space", "event:greeting\ndata:Hello\n\n", { type: "greeting", data: "Hello" }),
  once("fields with extra leading space", "event:  greeting\ndata:  Hello\n\n", {
    type: " greeting",
    data: " Hello",
  }),
  once("field with no colon", "data\n\ndata\ndata\n\n", { data: "" }, { data: "\n" }),
  once("multi-byte characters", "data: €豆腐\n\n", { data: "€豆腐" }),
  once(
    "many messages in rapid succession",
    many.map((text) => `data: ${text}\n\n`).join(""),
    ...many.map((data) => ({ data })),
  ),
  [
    "multi-byte characters sent in single-byte pieces",
    Array.from(Buffer.from("data: €豆腐\n\n"), (byte) => Buffer.of(byte)),
    [{ data: "€豆腐" }],
  ],
];

const marks: readonly Case[] = [
  once("BOM at start of stream is stripped", `${bom}data: Hello\n\n`, { data: "Hello" }),
  once(
    "BOM stripped before first event with type and ID",
    `${bom}event: greeting\nid: abc\ndata: Hello\n\n`,
    {
      ...{ type: "greeting", id: "abc", data: "Hello" },
    },
  ),
  once(
    "BOM stripped with multiple messages",
    `${bom}data: First\n\ndata: Second\n\n`,
    { data: "First" },
    { data: "Second" },
  ),
  [
    "BOM only stripped at stream start, not from later data",
    ["data: First\n\n", `data: ${bom}Second\n\n`],
    [{ data: "First" }, { data: `${bom}Second` }],
  ],
  [
    "BOM split across first two chunks",
    [bomBytes.subarray(0, 2), Buffer.concat([bomBytes.subarray(2), Buffer.from("data: Hello\n\n")])],
    [{ data: "Hello" }],
  ],
  [
    "BOM split byte by byte across chunks",
    [bomBytes.subarray(0, 1), bomBytes.subarray(1, 2), bomBytes.subarray(2), "data: Hello\n\n"],
    [{ data: "Hello" }],
  ],
  once("only first BOM at start is stripped", `${bom}data: ${bom}Hello\n\n`, { data: `${bom}Hello` }),
  once("no BOM - baseline test", "data: Hello\n\n", { data: "Hello" }),
  once("BOM with multi-line data", `${bom}data: Line1\ndata: Line2\n\n`, { data: "Line1\nLine2" }),
  once("BOM does not affect empty data field", `${bom}data:\n\n`, { data: "" }),
];

async function parses([, pieces, events]: Case): Promise<void> {
  await using rig = await ContractRig.start();
  const stream = await rig.connected();
  await stream.send(...pieces);
  await rig.expectEvents(...events);
}

describe("basic parsing", () => {
  test.each(basic)("%s", async (...given) => parses(given));
});

describe("BOM", () => {
  test.each(marks)("%s", async (...given) => parses(given));

  test("BOM with comment at start", async () => {
    await using rig = await ContractRig.start();
    await (await rig.connected()).send(`${bom}:comment\ndata: Hello\n\n`);
    await rig.expectComment("comment");
    await rig.expectEvents({ data: "Hello" });
  });
});

describe("comments", () => {
  test.each<readonly [string, readonly string[], readonly (string | Expected)[]]>([
    ["single comment", [":Hello\n"], ["Hello"]],
    ["two comments in a row", [":Hello\n", ":World\n"], ["Hello", "World"]],
    ["comment before event", [":Hello\n", "data: Hello\n\n"], ["Hello", { data: "Hello" }]],
    ["comment after event", ["data: Hello\n\n", ":Hello\n"], [{ data: "Hello" }, "Hello"]],
  ])("%s", async (_, pieces, expected) => {
    await using rig = await ContractRig.start();
    await (await rig.connected()).send(...pieces);
    for (const each of expected) {
      await (typeof each === "string" ? rig.expectComment(each) : rig.expectEvents(each));
    }
  });
});

describe.each([
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
])("linefeeds/%s separator", (_, end) => {
  describe.each([
    ["one-line event", ["data: event 1", ""], ["event 1"]],
    [
      "one-line event + two-line event",
      ["data: event 1", "", "data: event 2 line 1", "data: event 2 line 2", ""],
      ["event 1", "event 2 line 1\nevent 2 line 2"],
    ],
    [
      "3-line event with empty line at beginning",
      ["data:", "data: line2", "data: line3", ""],
      ["\nline2\nline3"],
    ],
    [
      "3-line event with empty line in middle",
      ["data: line1", "data:", "data: line3", ""],
      ["line1\n\nline3"],
    ],
    ["ignores 1 extra empty line", ["data: event 1", "", "", "data: event 2", ""], ["event 1", "event 2"]],
    [
      "ignores 2 extra empty lines",
      ["data: event 1", "", "", "", "data: event 2", ""],
      ["event 1", "event 2"],
    ],
  ])("%s", (_name, lines, events) => {
    const text = lines.map((line) => line + end).join("");
    test.each([
      ["one chunk", text.length],
      ["1-character chunks", 1],
      ["2-character chunks", 2],
    ])("%s", async (_size, bytes) => {
      await using rig = await ContractRig.start();
      await (await rig.connected()).sendInPieces(text, bytes);
      await rig.expectEvents(...events.map((data) => ({ data })));
    });
  });
});

test("linefeeds/CRLF where CR is end of 1 chunk", async () => {
  const pieces = ["data: Hello\r", "\ndata: World\r", "\n\r\ndata: OK\r", "\n", "\r", "\n"];
  await parses(["", pieces, [{ data: "Hello\nWorld" }, { data: "OK" }]]);
});

describe("HTTP behavior", () => {
  test("default method and headers", async () => {
    await using rig = await ContractRig.start();
    const { method, headers } = await rig.connected();
    expect(method).toBe("GET");
    expect(headers).toMatchObject({ accept: "text/event-stream", "cache-control": "no-cache" });
    expect(headers).not.toHaveProperty("last-event-id");
  });

  test("204 halts re-connection attempts", async () => {
    await using rig = await ContractRig.start();
    rig.answer("/none", (_request, response) => !!response.writeHead(204).end());
    await rig.client({ streamUrl: `${rig.url}/none`, initialDelayMs: 0 });
    // The client says that it ended; with no delay it would long have come again.
    expect(await rig.told.next()).toMatchObject({ kind: "error" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(rig.requests.get("/none")).toBe(1);
  });

  for (const status of [301, 307]) {
    test(`client follows ${status} redirect`, async () => {
      await using rig = await ContractRig.start();
      rig.answer(
        "/old",
        (_request, response) => !!response.writeHead(status, { location: `${rig.url}/new` }).end(),
      );
      const stream = await rig.connected({ streamUrl: `${rig.url}/old` });
      await stream.send("data: hello\n\n");
      await rig.expectEvents({ data: "hello" });
    });

    test.each([
      ["empty", { location: "" }],
      ["missing", {}],
    ])(`client handles %s Location header with ${status} status`, async (_, headers) => {
      await using rig = await ContractRig.start();
      rig.answer("/old", (_request, response) => !!response.writeHead(status, headers).end());
      await rig.client({ streamUrl: `${rig.url}/old` });
      expect(await rig.told.next()).toMatchObject({ kind: "error" });
    });
  }

  test("custom headers", async () => {
    await using rig = await ContractRig.start();
    const headers = { "header-name-1": "value-1", "header-name-2": "value-2" };
    expect((await rig.connected({ headers })).headers).toMatchObject(headers);
  });

  test.each(["POST", "REPORT"])("%s request", async (method) => {
    await using rig = await ContractRig.start();
    const headers = { "content-type": "application/json; charset=utf-8" };
    const stream = await rig.connected({ headers, method, body: '{"hello": "world"}' });
    expect(stream.method).toBe(method);
    expect(stream.headers).toMatchObject(headers);
    expect(stream.body).toBe('{"hello": "world"}');
  });

  test("sends Last-Event-Id in initial request if set", async () => {
    await using rig = await ContractRig.start();
    expect((await rig.connected({ lastEventId: "abc" })).headers["last-event-id"]).toBe("abc");
  });
});

describe("reconnection", () => {
  const atOnce = { initialDelayMs: 0 };
  const broken = async (rig: ContractRig, stream: ServedStream): Promise<ServedStream> => {
    stream.breakConnection();
    return await rig.streams.next();
  };

  test("caller can trigger a restart", async () => {
    await using rig = await ContractRig.start();
    const client = await rig.client(atOnce);
    await (await rig.streams.next()).send("data: Hello\n\n");
    await rig.expectEvents({ data: "Hello" });
    await fetch(client, { method: "POST", body: JSON.stringify({ command: "restart" }) });
    await (await rig.streams.next()).send("data: Thanks\n\n");
    await rig.expectEvents({ data: "Thanks" });
  });

  test("sends ID of last received event", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected(atOnce);
    await stream.send("id: abc\ndata: Hello\n\n");
    await rig.expectEvents({ id: "abc", data: "Hello" });
    expect((await broken(rig, stream)).headers["last-event-id"]).toBe("abc");
  });

  test("sends ID of last received event that had an ID if later events did not", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected(atOnce);
    await stream.send("id: abc\ndata: Hello\n\n", "data: World\n\n");
    await rig.expectEvents({ id: "abc", data: "Hello" }, { id: "abc", data: "World" });
    expect((await broken(rig, stream)).headers["last-event-id"]).toBe("abc");
  });

  test("last event ID can be explicitly overridden with an empty value", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected(atOnce);
    await stream.send("id: abc\ndata: Hello\n\n", "id: \ndata: World\n\n");
    await rig.expectEvents({ id: "abc", data: "Hello" }, { data: "World" });
    expect((await broken(rig, stream)).headers).not.toHaveProperty("last-event-id");
  });

  test("resends request body if any when reconnecting", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected({ ...atOnce, method: "POST", body: '{"hello": "world"}' });
    const again = await broken(rig, stream);
    expect([again.method, again.body]).toEqual(["POST", '{"hello": "world"}']);
  });

  test("can set read timeout", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected({ ...atOnce, readTimeoutMs: 200 });
    await stream.send("data: Hello\n\n");
    await rig.expectEvents({ data: "Hello" });
    expect(await rig.told.next()).toMatchObject({ kind: "error" });
    await rig.streams.next();
  });

  test("discards partial messages on retry", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected(atOnce);
    await stream.send("id: abc\ndata: Hello\n\nid: def\ndata: Goodbye");
    await rig.expectEvents({ id: "abc", data: "Hello" });
    const again = await broken(rig, stream);
    expect(again.headers["last-event-id"]).toBe("abc");
    await again.send("data: We meet again\n\n");
    expect(await rig.nextEvent()).toEqual({ type: "message", id: "abc", data: "We meet again" });
  });

  test("new connection established after breaking previous is functional", async () => {
    await using rig = await ContractRig.start();
    const stream = await rig.connected(atOnce);
    await stream.send("id: abc\ndata: Hello\n\n");
    await rig.expectEvents({ id: "abc", data: "Hello" });
    await (await broken(rig, stream)).send("id: def\ndata: World\n\n");
    expect(await rig.nextEvent()).toEqual({ type: "message", id: "def", data: "World" });
  });
});
