/**
 * The test service that the harness of launchdarkly/sse-contract-tests speaks to (docs/service_spec.md there), over our
 * reader of server-sent events: `node packages/relay/test/contract-service.ts 8000`, then the harness with
 * `--url http://localhost:8000`. The named cases of that harness are ported in sse/contract.test.ts, which uses this too.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { followingRedirects, type SseItem, type SseTarget, subscribeSse } from "@holdfast/relay";
import { nodeTransport } from "@holdfast/relay/node";
import { describeError, ShutdownToken } from "@holdfast/runtime";

const capabilities = ["bom", "comments", "headers", "last-event-id", "post", "read-timeout", "report"].concat(
  ["restart", "server-directed-shutdown-request"],
);

/** What the harness asks for. */
interface CreateStream {
  readonly streamUrl: string;
  readonly callbackUrl: string;
  readonly initialDelayMs?: number;
  readonly readTimeoutMs?: number;
  readonly lastEventId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
}

const stop = { kind: "user-requested" } as const;
const restart = { kind: "reload-requested" } as const;
const network = nodeTransport();
const transport = followingRedirects(network.request);

/** One client under test. */
class Entity {
  readonly ended: Promise<void>;
  readonly #token = new ShutdownToken();
  readonly #given: CreateStream;
  #session = this.#token.childToken();
  #told = 0;
  // One at a time, so that they arrive in the order of their numbers.
  #telling: Promise<unknown> = Promise.resolve();

  constructor(given: CreateStream) {
    this.#given = given;
    const { initialDelayMs = 1_000, readTimeoutMs, lastEventId } = given;
    const subscription = {
      target: () => this.#target(),
      onItem: (item: SseItem) => this.#tell(messageOf(item)),
      // Every session has a token of its own, for `restart`.
      transport: ((request) => {
        this.#session = this.#token.childToken();
        const cancelled = this.#session;
        request.token.onCancel(() => cancelled.cancel(stop));
        return transport({ ...request, token: cancelled });
      }) satisfies typeof transport,
      backoff: { initialMs: initialDelayMs, factor: 2, maxMs: 30_000 },
      idleTimeoutMs: readTimeoutMs ?? 300_000,
      ...(lastEventId && { lastEventId }),
      onState: (state: object) => {
        // What ended because the harness asked for it is no failure.
        const wasAsked = this.#session.reason?.kind === restart.kind;
        if ("error" in state && !wasAsked)
          void this.#tell({ kind: "error", error: describeError(state.error) });
      },
    };
    this.ended = subscribeSse(subscription, this.#token).catch(() => {});
  }

  restart(): void {
    this.#session.cancel(restart);
  }

  async close(): Promise<void> {
    this.#token.cancel(stop);
    await this.ended;
    await this.#telling;
  }

  #target(): SseTarget {
    const { streamUrl, headers, method, body } = this.#given;
    const url = new URL(streamUrl);
    const maxChars = 32 * 1_024 * 1_024;
    return { url, maxChars, ...(headers && { headers }), ...(method && { method }), ...(body && { body }) };
  }

  #tell(message: object): Promise<unknown> {
    this.#telling = this.#telling.then(async () => {
      const url = new URL(`${this.#given.callbackUrl}/${++this.#told}`);
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(message);
      // The harness may be gone before the last word.
      const response = await network
        .request({ url, method: "POST", headers, body, token: new ShutdownToken() })
        .catch(() => undefined);
      for await (const _ of response?.body ?? []);
    });
    return this.#telling;
  }
}

function messageOf(item: SseItem): object {
  if (item.kind === "comment") return { kind: "comment", comment: item.text };
  return { kind: "event", event: { type: item.type, data: item.data, id: item.id } };
}

/** A service that listens, until it is closed or asked to quit. */
export interface ContractService extends AsyncDisposable {
  readonly url: string;
  readonly quit: Promise<void>;
}

/** Listens on the loopback; `port` 0 takes a free one. */
export async function startContractService(port = 0): Promise<ContractService> {
  const entities = new Map<string, Entity>();
  const quit = Promise.withResolvers<void>();
  let made = 0;

  const answer = async (
    request: IncomingMessage,
  ): Promise<readonly [status: number, body?: object | undefined, location?: string]> => {
    const path = request.url ?? "/";
    const entity = entities.get(path);
    switch (request.method ?? "") {
      case "GET":
        return [200, { capabilities }];
      case "DELETE":
        if (path === "/") quit.resolve();
        else if (!entity) return [404];
        entities.delete(path);
        await entity?.close();
        return [204];
      case "POST": {
        const body = JSON.parse(await textOf(request)) as CreateStream & { readonly command?: string };
        if (path === "/") {
          const name = `/${++made}`;
          entities.set(name, new Entity(body));
          return [201, undefined, name];
        }
        if (!entity) return [404];
        if (body.command !== "restart") return [400];
        entity.restart();
        return [200];
      }
      default:
        return [405];
    }
  };

  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown) => [400, { error: describeError(error) }] as const)
      .then(([status, body, location]) => {
        response.writeHead(status, { "content-type": "application/json", ...(location && { location }) });
        response.end(body && JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    quit: quit.promise,
    async [Symbol.asyncDispose]() {
      await Promise.all([...entities.values()].map((entity) => entity.close()));
      await closed(server);
    },
  };
}

async function closed(server: Server): Promise<void> {
  network[Symbol.dispose]();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text;
}

if (import.meta.main) {
  await using service = await startContractService(Number(process.argv[2] ?? 8_000));
  console.log(`listening at ${service.url}`);
  await service.quit;
}
