/** What can be known of an error on the other side of a wire: JSON all the way down, stacks left out. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly details?: unknown;
  readonly cause?: SerializedError;
  readonly errors?: readonly SerializedError[];
}

/** What an error carries besides code and message: details as plain data, and what caused it. */
export interface HoldfastErrorOptions<D> {
  readonly details?: D;
  readonly cause?: unknown;
}

/**
 * Every error Holdfast throws on purpose. `code` is stable and decides the type of `details`.
 * Both are frozen, so one error can be handed to many listeners; `JSON.stringify` keeps the cause chain.
 */
export class HoldfastError<C extends string = string, D = unknown> extends Error {
  declare readonly code: C;
  declare readonly details: D;

  constructor(code: C, message: string, options: HoldfastErrorOptions<D> = {}) {
    super(message, options);
    this.name = new.target.name;
    const fixed = (value: unknown) => ({ value, enumerable: true });
    Object.defineProperties(this, { code: fixed(code), details: fixed(freeze(options.details)) });
  }

  /** What `JSON.stringify` writes: see `serializeError`. */
  toJSON(): SerializedError {
    return serializeError(this);
  }
}

/** Turns anything thrown into plain data, causes and `AggregateError.errors` included; a cycle is cut. */
export function serializeError(error: unknown, seen: readonly unknown[] = []): SerializedError {
  if (!(error instanceof Error)) return { name: "NonError", message: describe(error) };
  const { code, details, errors } = error as { code?: unknown; details?: unknown; errors?: unknown };
  const next = [...seen, error];
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === "string" && { code }),
    ...(details !== undefined && { details }),
    ...(error.cause !== undefined &&
      !next.includes(error.cause) && { cause: serializeError(error.cause, next) }),
    ...(Array.isArray(errors) && {
      errors: errors.filter((e) => !next.includes(e)).map((e) => serializeError(e, next)),
    }),
  };
}

/** One line for a log: the message, then each cause after `: `, but for those that the message tells already. */
export function describeError(error: unknown): string {
  let { message, cause }: SerializedError = serializeError(error);
  for (; cause; cause = cause.cause) {
    if (!`: ${message}: `.includes(`: ${cause.message}: `)) message += `: ${cause.message}`;
  }
  return message;
}

/**
 * Lets an error thrown by a listener surface as an uncaught exception, after the caller is done.
 * Swallowing it would hide a bug; throwing it on the spot would rob the other listeners of their call.
 */
export function surface(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function describe(value: unknown): string {
  try {
    return (typeof value === "object" && JSON.stringify(value)) || String(value);
  } catch {
    return "an object that cannot be written down";
  }
}

function freeze<T>(value: T): T {
  // Only plain data: freezing a typed array throws, and foreign class instances are not ours to freeze.
  if (Object.isFrozen(value) || !(Array.isArray(value) || isPlain(value))) return value;
  Object.values(Object.freeze(value) as object).forEach(freeze);
  return value;
}

function isPlain(value: unknown): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}
