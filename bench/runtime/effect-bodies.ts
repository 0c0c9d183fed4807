import * as Effect from "effect/Effect";
import type * as Fiber from "effect/Fiber";

/** An async function that waits for its interruption, as Effect calls one. */
export const asyncBody: Effect.Effect<void> = Effect.promise(async (signal) => {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
});

/** Waits, with something to do when interrupted, and is called back in the next microtask. */
export const listen: Effect.Effect<void> = Effect.callback((resume) => {
  queueMicrotask(() => resume(Effect.void));
  return Effect.void;
});

/** How many of them ended as a fiber does that is interrupted. */
export function interrupted(fibers: readonly Fiber.Fiber<unknown>[]): number {
  return fibers.filter((fiber) => fiber.pollUnsafe()?._tag === "Failure").length;
}
