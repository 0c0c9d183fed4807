import { HoldfastError, type SerializedError } from "../errors.ts";

/** The error that `serializeError` wrote down, as near as can be: name, message, code, details and all causes. */
export function reviveError(written: SerializedError, stack?: string): Error {
  const { name, message, code, details, cause, errors } = written;
  const inner = cause && { cause: reviveError(cause) };
  const error =
    code === undefined ? new Error(message, inner) : new HoldfastError(code, message, { details, ...inner });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return errors ? Object.assign(error, { errors: errors.map((each) => reviveError(each)) }) : error;
}
