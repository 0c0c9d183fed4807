import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { RelayError } from "../relay-error.ts";

/** Reads a body of JSON as bytes. Throws `UNSUPPORTED_TYPE`, and `TOO_LARGE` as soon as it is known. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "")) {
    throw new RelayError("UNSUPPORTED_TYPE", "send Content-Type: application/json");
  }
  if ((request.headers["content-encoding"] ?? "identity") !== "identity") {
    throw new RelayError("UNSUPPORTED_TYPE", "send it without Content-Encoding");
  }
  const tooLarge = (): RelayError => new RelayError("TOO_LARGE", `a body has at most ${maxBytes} bytes here`);
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else reject(tooLarge());
  });
  request.once("end", () => resolve(Buffer.concat(chunks, bytes)));
  request.once("error", reject);
  request.once("close", () => reject(new Error("the client left in the middle of its body")));
  return await promise;
}

/** Throws `BAD_ENVELOPE` unless the bytes are a JSON object in UTF-8. They are kept as they came. */
export function checkEnvelope(bytes: Buffer): void {
  const value = parse(bytes, "BAD_ENVELOPE");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RelayError("BAD_ENVELOPE", "an envelope is a JSON object");
  }
}

/** Throws `BAD_REQUEST`, naming the first member that is wrong. An empty body is an empty object. */
export function parseBody<T>(bytes: Buffer, schema: v.GenericSchema<unknown, T>): T {
  const value = bytes.length === 0 ? {} : parse(bytes, "BAD_REQUEST");
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new RelayError("BAD_REQUEST", path === null ? issue.message : `${path}: ${issue.message}`);
}

function parse(bytes: Buffer, code: "BAD_ENVELOPE" | "BAD_REQUEST"): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw new RelayError(code, "the body is no JSON in UTF-8", { cause: error });
  }
}
