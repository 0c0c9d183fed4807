export { type Administration, administration, type EnrolContext } from "./client/administration.ts";
export { type ClientState, type Facts, type PullEnd, stateOf } from "./client/client-state.ts";
export { type ConsumeOptions, consume } from "./client/consume.ts";
export {
  type Address,
  type Enrolment,
  enrol,
  exchangeToken,
  formatAddress,
  type Invited,
  invite,
  parseAddress,
  uninvite,
} from "./client/enrol.ts";
export { fetchTransport } from "./client/http/fetch-transport.ts";
export { followingRedirects } from "./client/http/redirects.ts";
export { type RefusalDetails, RefusedError, UnauthorisedError } from "./client/http/refusal.ts";
export type { HttpRequest, HttpResponse, HttpTransport } from "./client/http/transport.ts";
export { formatInvitation, join, parseInvitation } from "./client/join.ts";
export type { Rejection } from "./client/judge-page.ts";
export type { PullReport } from "./client/puller.ts";
export {
  type ClientEvent,
  type Message,
  RelayClient,
  type RelayClientOptions,
  type Trust,
} from "./client/relay-client.ts";
export type { ClientSettings, MailboxSettings, Route } from "./client/settings.ts";
export { openSse, type SseRequest, type SseStream } from "./client/sse/open.ts";
export { type SseItem, SseReader, type SseReaderOptions } from "./client/sse/reader.ts";
export { type SseSubscription, type SseTarget, subscribeSse } from "./client/sse/subscribe.ts";
export { openIndexedDbMailStore } from "./client/store/indexed-db-mail-store.ts";
export type {
  Gap,
  InboxEntry,
  MailStore,
  Mark,
  OutgoingEvent,
  PageCommit,
  QuarantinedEvent,
  Sent,
} from "./client/store/mail-store.ts";
export { memoryMailStore } from "./client/store/memory-mail-store.ts";
export { fromBase64, fromBase64Url, toBase64, toBase64Url } from "./envelope/base64.ts";
export {
  type BodyKeys,
  generateBodyKeys,
  openBody,
  type SealedFor,
  sealBody,
  sealedType,
} from "./envelope/body.ts";
export type { Crypto, MaybePromise, Signer } from "./envelope/crypto.ts";
export {
  type Envelope,
  eventId,
  type Opened,
  openEnvelope,
  openEnvelopeText,
  signEvent,
  signPayload,
  type Unsigned,
} from "./envelope/envelope.ts";
export {
  eventContext,
  eventType,
  type ParsedPayload,
  parsePayload,
  type SignedEvent,
} from "./envelope/event.ts";
export { preAuthEncoding } from "./envelope/pae.ts";
export {
  type BadKey,
  type BadKeyError,
  type KeyText,
  keyBytes,
  parsePublicKey,
  publicKey,
} from "./envelope/public-key.ts";
export {
  type Bench,
  type History,
  judge,
  payloadOf,
  type QuarantineReason,
  type RejectReason,
  type Verdict,
} from "./envelope/verdict.ts";
export { type WebKey, type WebKeyPair, webCrypto, webSigner } from "./envelope/web-crypto.ts";
export { type Cursor, formatCursor, hasReached, parseCursor } from "./protocol/index.ts";
