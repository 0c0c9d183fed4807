import { HoldfastError } from "@holdfast/runtime";
import { type ErrorName, type ErrorObject, errorNumbers } from "./error-object.ts";
import type { Id } from "./message.ts";

/** The text of a successful reply, or of an internal error if the result is nothing that JSON can say. */
export function resultText(id: Id, result: unknown): string {
  try {
    return JSON.stringify({ jsonrpc: "2.0", id, result: result === undefined ? null : result });
  } catch {
    return errorText(id, ownError("INTERNAL_ERROR", "Internal error: the result cannot be written as JSON"));
  }
}

/** The text of a failed reply. */
export function errorText(id: Id, error: ErrorObject): string {
  try {
    return JSON.stringify({ jsonrpc: "2.0", id, error });
  } catch {
    const { code, message } = error;
    return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
  }
}

/** One of JSON-RPC's own errors; its name is `data.code`, as with a program's own. */
export function ownError(name: ErrorName, message: string): ErrorObject {
  return { code: errorNumbers[name], message, data: { code: name } };
}

/**
 * What the caller is told of an error that a method threw. A `HoldfastError` speaks for itself, with its number
 * from `numbers` or `SERVER_ERROR`'s; anything else is a bug of ours, of which nothing is told.
 */
export function methodError(error: unknown, numbers: Readonly<Record<string, number>>): ErrorObject {
  if (!(error instanceof HoldfastError)) return ownError("INTERNAL_ERROR", "Internal error");
  const { code, message, details } = error;
  const number = Object.hasOwn(numbers, code) ? numbers[code] : undefined;
  return {
    code: number ?? errorNumbers.SERVER_ERROR,
    message,
    data: details === undefined ? { code } : { code, details },
  };
}
