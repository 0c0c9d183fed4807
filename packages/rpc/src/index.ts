export type { Channel } from "./channel.ts";
export {
  type CallOptions,
  type Client,
  type ClientOptions,
  type ClientSubscription,
  createClient,
  type SubscriptionMethod,
} from "./client.ts";
export { type ErrorName, type ErrorObject, errorNumbers } from "./error-object.ts";
export { type FirstText, onFirstText } from "./first-text.ts";
export {
  defaultMessageLimits,
  type Id,
  type Message,
  type MessageLimits,
  type Parsed,
  parseMessages,
} from "./message.ts";
export {
  type CallContext,
  cancelMethod,
  type EventOf,
  type Method,
  type MethodTable,
  type MethodType,
  type MethodTypes,
  type Subscription,
} from "./method-table.ts";
export { RpcError, type RpcErrorDetails } from "./rpc-error.ts";
export { healthMethod, serveApi } from "./serve-api.ts";
export { type Connection, type ServeOptions, serve } from "./server.ts";
export type { ConnectionEnd } from "./server-connection.ts";
export { nestsDeeperThan } from "./text-limits.ts";
