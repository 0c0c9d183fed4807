import {
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
  type RequestOptions,
} from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { getCACertificates, rootCertificates } from "node:tls";
import { HoldfastError } from "@holdfast/runtime";
import type { HttpRequest, HttpResponse, HttpTransport } from "../client/http/transport.ts";

/** How the transport trusts, and what it is allowed to keep open. */
export interface NodeTransportOptions {
  /** More roots, as PEM: for a relay with a certificate of one's own. Those of Node and of the system hold as well. */
  readonly extraCa?: readonly string[];
  /** TCP keepalive of streams begins after so long. Default 30,000. */
  readonly keepAliveMs?: number;
}

/** The transport of Node, with the connections it keeps for the next request. */
export interface NodeTransport extends Disposable {
  readonly request: HttpTransport;
}

/**
 * Requests over `node:http` and `node:https`. A stream has a connection of its own, without a limit on its time and with
 * TCP keepalive; all else shares a few that stay open. A certificate is always checked, and there is no way not to.
 */
export function nodeTransport({
  extraCa = [],
  keepAliveMs = 30_000,
}: NodeTransportOptions = {}): NodeTransport {
  const ca = extraCa.length === 0 ? undefined : trusted(extraCa);
  const plain = new PlainAgent({ keepAlive: true });
  const tls = new TlsAgent({ keepAlive: true, ...(ca && { ca }) });
  const request: HttpTransport = (asked) => {
    const isTls = asked.url.protocol === "https:";
    const options: RequestOptions & { rejectUnauthorized?: true; ca?: string[] } = {
      method: asked.method,
      headers: bodyHeaders(asked),
      // Not even NODE_TLS_REJECT_UNAUTHORIZED turns it off.
      ...(isTls && { rejectUnauthorized: true, ...(ca && { ca }) }),
      ...(asked.isStream ? { agent: false } : { agent: isTls ? tls : plain }),
    };
    const send = isTls ? tlsRequest : plainRequest;
    return new Promise<HttpResponse>((resolve, reject) => {
      const sent = send(asked.url, options);
      const off = asked.token.onCancel(() => void sent.destroy());
      sent.once("close", off);
      sent.on("error", (cause) => {
        reject(new HoldfastError("RELAY_UNREACHABLE", `${asked.url.origin} cannot be reached`, { cause }));
      });
      sent.once("socket", (socket) => {
        if (asked.isStream) socket.setKeepAlive(true, keepAliveMs);
        socket.setNoDelay(true);
      });
      sent.once("response", (response) => resolve(answer(response)));
      // Asked for less than nothing: the answer to a protocol we do not speak is no answer.
      sent.once("upgrade", (_, socket) => void socket.destroy());
      sent.end(asked.body);
    });
  };
  return {
    request,
    [Symbol.dispose]() {
      plain.destroy();
      tls.destroy();
    },
  };
}

function answer(response: IncomingMessage): HttpResponse {
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: {
      [Symbol.asyncIterator]: () => {
        const iterator = response.iterator({ destroyOnReturn: true });
        return {
          next: () => iterator.next(),
          // An iterator that was never begun does not know what to let go of.
          return: async () => {
            response.destroy();
            return { done: true, value: undefined };
          },
        };
      },
    },
  };
}

function bodyHeaders({ headers, body }: HttpRequest): Record<string, string> {
  return body === undefined
    ? { ...headers }
    : { ...headers, "content-length": String(Buffer.byteLength(body)) };
}

function trusted(extraCa: readonly string[]): string[] {
  return [...new Set([...rootCertificates, ...getCACertificates("system"), ...extraCa])];
}
