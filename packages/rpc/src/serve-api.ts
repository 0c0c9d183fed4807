import type { RpcApi } from "@holdfast/runtime";
import type { Channel } from "./channel.ts";
import { errorNumbers } from "./error-object.ts";
import type { Method, MethodType } from "./method-table.ts";
import { type Connection, type ServeOptions, serveMethods } from "./server.ts";

/** The method that answers with the api's `healthz()`; every other name goes to `dispatch`. */
export const healthMethod = "healthz";

/**
 * Answers the calls that come over `channel` from a service: `serveApi(channel, service.rpcApi)`. Nothing reaches the
 * service before its `onStart` is done nor after its `onStop` has begun: the caller gets `NOT_READY`, and from
 * `healthz` that it is not ok. An error whose code is one of JSON-RPC's names (`METHOD_NOT_FOUND`, `INVALID_PARAMS`)
 * has its number.
 */
export function serveApi(channel: Channel, api: RpcApi, options: ServeOptions = {}): Connection {
  const health = method(() => api.healthz());
  return serveMethods(
    channel,
    (name) => (name === healthMethod ? health : method((params) => api.dispatch(name, params))),
    {},
    { ...options, errorNumbers: { ...errorNumbers, ...options.errorNumbers } },
  );
}

function method(call: (params: unknown) => unknown): Method<MethodType> {
  // What is right is for `dispatch` to say, which knows the method.
  return { parse: (params) => params, call };
}
