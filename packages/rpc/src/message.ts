import { type ErrorObject, errorNumbers } from "./error-object.ts";
import { nestsDeeperThan, utf8Bytes } from "./text-limits.ts";

export type Id = string | number | null;

/** One JSON-RPC 2.0 message, checked (https://www.jsonrpc.org/specification). */
export type Message =
  | {
      readonly kind: "request";
      readonly id: Id;
      readonly method: string;
      /** An array, an object, or absent. */
      readonly params: unknown;
    }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown }
  | { readonly kind: "result"; readonly id: Id; readonly result: unknown }
  | { readonly kind: "failure"; readonly id: Id; readonly error: ErrorObject }
  /** No valid message. `id` is the one it carries where that much could be read. */
  | { readonly kind: "invalid"; readonly id: Id; readonly error: ErrorObject };

/** What one text holds. An empty batch and a text that is no JSON are a single `invalid`. */
export type Parsed =
  | { readonly kind: "single"; readonly message: Message }
  | { readonly kind: "batch"; readonly messages: readonly Message[] };

export interface MessageLimits {
  /** Bytes of one text. */
  readonly maxBytes: number;
  /** Arrays and objects within each other. */
  readonly maxDepth: number;
  /** Messages of one batch. */
  readonly maxBatch: number;
}

export const defaultMessageLimits: MessageLimits = { maxBytes: 1_048_576, maxDepth: 64, maxBatch: 100 };

/** Reads one text. Never throws: whatever is wrong is an `invalid` message with the reply's error in it. */
export function parseMessages(text: string, limits: MessageLimits = defaultMessageLimits): Parsed {
  if (utf8Bytes(text, limits.maxBytes) > limits.maxBytes) {
    return single(invalid("INVALID_REQUEST", `Invalid Request: more than ${limits.maxBytes} bytes`));
  }
  // Before JSON.parse: it takes a depth of 200,000, and whoever then prints or copies the value dies.
  if (nestsDeeperThan(text, limits.maxDepth)) {
    return single(invalid("PARSE_ERROR", `Parse error: nested deeper than ${limits.maxDepth}`));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return single(invalid("PARSE_ERROR", "Parse error"));
  }
  if (!Array.isArray(value)) return single(readMessage(value));
  if (value.length === 0) return single(invalid("INVALID_REQUEST", "Invalid Request: an empty batch"));
  if (value.length > limits.maxBatch) {
    return single(invalid("INVALID_REQUEST", `Invalid Request: more than ${limits.maxBatch} in a batch`));
  }
  return { kind: "batch", messages: value.map(readMessage) };
}

function readMessage(value: unknown): Message {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid("INVALID_REQUEST", "Invalid Request");
  }
  const { jsonrpc, id, method, params, result, error } = value as Readonly<Record<string, unknown>>;
  const given = Object.hasOwn(value, "id");
  const readId = isId(id) ? id : null;
  if (jsonrpc !== "2.0") {
    return invalid("INVALID_REQUEST", 'Invalid Request: jsonrpc is not "2.0"', readId);
  }
  if (given && !isId(id)) return invalid("INVALID_REQUEST", "Invalid Request: id is no string or number");
  if (Object.hasOwn(value, "method")) {
    if (typeof method !== "string") {
      return invalid("INVALID_REQUEST", "Invalid Request: method is no string", readId);
    }
    if (params !== undefined && (typeof params !== "object" || params === null)) {
      return invalid("INVALID_REQUEST", "Invalid Request: params is no object or array", readId);
    }
    return given ? { kind: "request", id: readId, method, params } : { kind: "notification", method, params };
  }
  const hasResult = Object.hasOwn(value, "result");
  if (given && hasResult !== Object.hasOwn(value, "error")) {
    if (hasResult) return { kind: "result", id: readId, result };
    if (isErrorObject(error)) return { kind: "failure", id: readId, error };
  }
  return invalid("INVALID_REQUEST", "Invalid Request", readId);
}

function single(message: Message): Parsed {
  return { kind: "single", message };
}

function invalid(name: "PARSE_ERROR" | "INVALID_REQUEST", message: string, id: Id = null): Message {
  return { kind: "invalid", id, error: { code: errorNumbers[name], message } };
}

function isId(value: unknown): value is Id {
  return typeof value === "string" || value === null || (typeof value === "number" && Number.isFinite(value));
}

function isErrorObject(value: unknown): value is ErrorObject {
  if (typeof value !== "object" || value === null) return false;
  const { code, message } = value as Readonly<Record<string, unknown>>;
  return Number.isInteger(code) && typeof message === "string";
}
