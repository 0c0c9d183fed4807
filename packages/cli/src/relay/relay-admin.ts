/** Calls of the administration of a relay, over its HTTP interface. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { errorBodySchema } from "@holdfast/relay/protocol";
import type { CliEnvironment } from "../cli-environment.ts";
import type { RelayOptions } from "../command-line/relay-options.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { readText, relayHomeOf } from "./relay-home.ts";

export interface RelayAdmin {
  readonly url: string;
  /** Resolves to the answer as it came. Rejects with a `CommandError` that says what the relay refused. */
  call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown>;
}

/** Of this home's relay, or the one that the options name. */
export function relayAdmin(cli: CliEnvironment, options: RelayOptions): RelayAdmin {
  const home = relayHomeOf(cli);
  const running = "is a relay running with this home? holdfast relay run starts one; --url names another";
  const url = options.url ?? readText(home.urlFile, "the address of the relay", running);
  const tokenFile = options["token-file"] ?? home.tokenFile;
  const token = readText(tokenFile, "the admin token", "--token-file names the file that has it");
  return {
    url,
    async call(method, path, body) {
      const { status, text } = await ask(url, method, path, token, body);
      const answer = text === "" ? undefined : parse(text);
      if (status < 300) return answer;
      const told = errorBodySchema["~standard"].validate(answer);
      const message =
        "value" in told && told.issues === undefined ? told.value.error.message : `it answered ${status}`;
      throw new CommandError(exitCodes.failed, `the relay refused: ${message}`);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(url: string, method: string, path: string, token: string, body: unknown): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(text === undefined
      ? {}
      : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) }),
  };
  const options = { method, headers, agent: false, timeout: 10_000 };
  const take = (response: IncomingMessage): void => void read(response).then(resolve, reject);
  const isSocket = url.startsWith("unix:");
  const request = isSocket
    ? httpRequest({ ...options, socketPath: url.slice("unix:".length), path }, take)
    : (url.startsWith("https:") ? httpsRequest : httpRequest)(new URL(path, url), options, take);
  request.on("timeout", () => request.destroy(new Error("no answer in 10 s")));
  request.on("error", (error) => {
    const remedy = "holdfast relay run starts one here; --url names another";
    const what = `there is no relay at ${url}: ${error.message}`;
    reject(new CommandError(exitCodes.noDaemon, what, { remedy, cause: error }));
  });
  request.end(text);
  return promise;
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
