/** The `error` of a failed reply, as it goes over the wire. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** JSON-RPC 2.0's own errors, and `SERVER_ERROR` for a failure of a method that has no number of its own. */
export const errorNumbers = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  SERVER_ERROR: -32000,
} as const;

export type ErrorName = keyof typeof errorNumbers;

/** The name of one of JSON-RPC's own numbers; `SERVER_ERROR` for every other. */
export function errorName(code: number): ErrorName {
  for (const [name, number] of Object.entries(errorNumbers) as [ErrorName, number][]) {
    if (number === code) return name;
  }
  return "SERVER_ERROR";
}
