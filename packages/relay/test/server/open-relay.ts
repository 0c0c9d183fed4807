/** A relay in memory or in a file, with what a test asks it by. */
import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import {
  createRelay,
  defaultQuota,
  openSqliteStore,
  type Relay,
  type RelayOptions,
  type SlotQuota,
} from "@holdfast/relay/server";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The body, read as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenRelay {
  readonly relay: Relay;
  readonly url: string;
  readonly admin: string;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** Makes a slot with a token to read it and one to post to it as bob. */
  slot(name: string): Promise<{ readonly read: string; readonly post: string }>;
  mint(body: Readonly<Record<string, unknown>>): Promise<string>;
  post(slot: string, token: string, body: string): Promise<Answer>;
}

export interface OpenOptions extends Partial<RelayOptions> {
  readonly quota?: Partial<SlotQuota>;
  readonly path?: string;
}

export async function openRelay(options: OpenOptions = {}): Promise<OpenRelay> {
  const store =
    options.store ??
    openSqliteStore({ path: options.path ?? ":memory:", quota: { ...defaultQuota, ...options.quota } });
  const relay = createRelay({ ...options, store });
  onTestFinished(() => relay.stop(100));
  const url = await relay.listen();
  const admin = await relay.mintAdminToken();
  return askedRelay(relay, url, admin);
}

export function askedRelay(relay: Relay, url: string, admin: string): OpenRelay {
  const ask: OpenRelay["ask"] = (method, path, how) => askAt(url, method, path, how);
  const mint: OpenRelay["mint"] = async (body) => {
    const answer = await ask("POST", "/v1/tokens", { token: admin, body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.json<{ token: string }>().token;
  };
  return {
    relay,
    url,
    admin,
    ask,
    mint,
    async slot(name) {
      const made = await ask("POST", "/v1/slots", { token: admin, body: { slot: name } });
      if (made.status !== 201) throw new Error(made.text);
      const read = await mint({ scope: "read", slot: name });
      return { read, post: await mint({ scope: "post", slot: name, sender: "bob" }) };
    },
    post: (slot, token, body) =>
      ask("POST", `/v1/events/${slot}`, {
        token,
        body,
        headers: { "Idempotency-Key": createHash("sha256").update(body).digest("hex") },
      }),
  };
}

export function askAt(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: Ask = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, {
      method,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const all = Buffer.concat(chunks).toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: all,
          json: <T>() => JSON.parse(all) as T,
        });
      });
    });
    request.end(text);
  });
}
