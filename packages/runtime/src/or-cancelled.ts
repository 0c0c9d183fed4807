import { CancelledError, type ShutdownToken } from "./shutdown.ts";

/**
 * `work`, or a rejection with `CancelledError` as soon as `token` is cancelled, for what cannot be cancelled itself.
 * The work goes on then, and how it ends is of no interest. Leaves no listener on the token.
 */
export async function orCancelled<T>(work: PromiseLike<T>, token: ShutdownToken): Promise<T> {
  const cancelled = Promise.withResolvers<never>();
  const off = token.onCancel((reason) => cancelled.reject(new CancelledError(reason)));
  try {
    return await Promise.race([work, cancelled.promise]);
  } finally {
    off();
  }
}
