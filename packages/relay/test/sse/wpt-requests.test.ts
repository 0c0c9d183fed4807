/** The cases of wpt/eventsource that are about requests and reconnection, by their names, over real sockets. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { followingRedirects, type SseItem, subscribeSse } from "@holdfast/relay";
import { nodeTransport } from "@holdfast/relay/node";
import { type ShutdownReason, ShutdownToken, type StreamState } from "@holdfast/runtime";
import { describe, expect, onTestFinished, test } from "vitest";

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const stop: ShutdownReason = { kind: "user-requested" };

/** A page of the suite: a server that answers so, and a source that reads it. */
async function source(answer: Answer) {
  const requests: { readonly at: number; readonly request: IncomingMessage }[] = [];
  const server = createServer((request, response) => {
    requests.push({ at: performance.now(), request });
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/message`);
  const network = nodeTransport();
  const token = new ShutdownToken();
  const items: SseItem[] = [];
  const states: StreamState[] = [];
  let look: () => void = () => undefined;
  const ran = subscribeSse(
    {
      target: () => ({ url }),
      transport: followingRedirects(network.request),
      backoff: { initialMs: 10, factor: 2, maxMs: 50 },
      onItem: (item) => {
        items.push(item);
        look();
      },
      onState: (state) => {
        states.push(state);
        look();
      },
    },
    token,
  );
  const ended = ran.then(
    () => "closed",
    (error: unknown) => (error as { code?: string }).code,
  );
  onTestFinished(async () => {
    token.cancel(stop);
    await ended;
    network[Symbol.dispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    ...{ requests, items, states, ended, token },
    until: async (is: () => boolean) => {
      while (!is()) await new Promise<void>((resolve) => (look = resolve));
    },
    dataOf: () => items.flatMap((item) => (item.kind === "event" ? [item.data] : [])),
  };
}

const type = "text/event-stream";
const says = (text: string, contentType = type): Answer => {
  return (_request, response) => void response.writeHead(200, { "content-type": contentType }).end(text);
};
const once = (text: string): Answer => {
  return (_request, response) => void response.writeHead(200, { "content-type": type }).write(text);
};

describe("eventsource", () => {
  test("request-accept, request-cache-control, request-credentials", async () => {
    const page = await source(once("data: x\n\n"));
    await page.until(() => page.items.length === 1);
    const headers = page.requests[0]?.request.headers;
    expect(headers).toMatchObject({ accept: type, "cache-control": "no-cache" });
    expect(headers).not.toHaveProperty("cookie");
  });

  test.each([301, 302, 303, 307, 308])("request-redirect: %i", async (status) => {
    const page = await source((request, response) => {
      if (request.url === "/message") response.writeHead(status, { location: "/elsewhere" }).end();
      else once("data: there\n\n")(request, response, 0);
    });
    await page.until(() => page.items.length === 1);
    expect(page.requests.map(({ request }) => request.url)).toEqual(["/message", "/elsewhere"]);
  });

  test("request-redirect: round and round is given up, and tried again later", async () => {
    const page = await source(
      (_request, response) => void response.writeHead(307, { location: "/message" }).end(),
    );
    await page.until(() => page.states.some(({ kind }) => kind === "waiting"));
    expect(page.states.find(({ kind }) => kind === "waiting")).toMatchObject({
      error: { code: "BAD_REDIRECT" },
    });
  });

  test.each([204, 404, 410, 403])("request-status-error: %i ends it", async (status) => {
    const page = await source(
      (_request, response) => void response.writeHead(status, { "content-type": type }).end(),
    );
    expect(await page.ended).toBe("STREAM_ENDED");
    expect(page.requests).toHaveLength(1);
  });

  test.each([205, 210, 299, 503])("request-status-error: %i is no stream", async (status) => {
    const page = await source((_request, response, count) => {
      if (count > 1) once("data: now\n\n")(_request, response, count);
      else response.writeHead(status, { "content-type": type }).end("data: fail\n\n");
    });
    await page.until(() => page.items.length === 1);
    expect(page.dataOf()).toEqual(["now"]);
  });

  test.each([
    ["format-mime-trailing-semicolon", `${type};`],
    ["format-mime-valid-bogus", `${type};charset=windows-1252`],
    ["format-mime-valid-bogus, in capitals", "Text/Event-Stream ; charset=x"],
  ])("%s", async (_, contentType) => {
    const page = await source(says("data: ok…\n\n", contentType));
    await page.until(() => page.items.length === 1);
    expect(page.dataOf()[0]).toBe("ok…");
  });

  test.each(["text/x-bogus", "x bogus", `${type}+json`, "", "text/html"])(
    "format-mime-bogus: %s",
    async (contentType) => {
      const page = await source(says("data: fail\n\n", contentType));
      await page.until(() => page.states.some(({ kind }) => kind === "waiting"));
      expect(page.states.find(({ kind }) => kind === "waiting")).toMatchObject({
        error: { code: "NOT_A_STREAM" },
      });
      expect(page.items).toEqual([]);
    },
  );

  test("eventsource-reconnect: a stream that was closed is opened again, after an open that is told", async () => {
    const page = await source(says("data: x\n\n"));
    await page.until(() => page.items.length === 3);
    const kinds = page.states.map(({ kind }) => kind);
    expect(kinds.slice(0, 5)).toEqual(["connecting", "open", "waiting", "connecting", "open"]);
  });

  test("format-field-retry: it waits for as long as it was told", async () => {
    const page = await source((request, response, count) => {
      says(count === 1 ? "retry: 300\ndata: x\n\n" : "data: y\n\n")(request, response, count);
    });
    await page.until(() => page.items.length === 2);
    const [first, second] = page.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(290);
  });

  test("format-field-id: the last id goes along, also one beyond ASCII", async () => {
    const page = await source((request, response, count) => {
      says(count === 1 ? "id: …\ndata: hello\n\n" : "data: again\n\n")(request, response, count);
    });
    await page.until(() => page.items.length === 2);
    const header = page.requests[1]?.request.headers["last-event-id"];
    expect(Buffer.from(String(header), "latin1").toString("utf8")).toBe("…");
  });

  test("eventsource-close: closed, it asks no more", async () => {
    const page = await source(once("data: x\n\n"));
    await page.until(() => page.items.length === 1);
    page.token.cancel(stop);
    expect(await page.ended).toBe("closed");
    expect(page.requests).toHaveLength(1);
  });
});
