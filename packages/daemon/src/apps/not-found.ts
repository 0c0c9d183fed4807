import { HoldfastError } from "@holdfast/runtime";
import { nearest } from "../manifest/nearest.ts";

/** `NOT_FOUND`, with the nearest of what there is. */
export function notFound(message: string, name: string, known: readonly string[]): HoldfastError {
  const near = nearest(name, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return new HoldfastError("NOT_FOUND", `${message}${hint}`, { details: { name, known } });
}
