export {
  type CreateSlot,
  createSlotSchema,
  type MintedToken,
  type MintToken,
  mintedTokenSchema,
  mintTokenSchema,
  type SlotList,
  type SlotStatus,
  slotListSchema,
  slotStatusSchema,
  type TokenList,
  type TokenScope,
  type TokenStatus,
  tokenListSchema,
  tokenStatusSchema,
} from "./administration.ts";
export { type Cursor, formatCursor, hasReached, parseCursor } from "./cursor.ts";
export {
  type ErrorBody,
  type ErrorKind,
  errorBodySchema,
  errorKinds,
  type RelayErrorCode,
} from "./errors.ts";
export {
  type Appended,
  appendedSchema,
  type CursorGone,
  cursorGoneSchema,
  cursorSchema,
  type EventPage,
  eventPageSchema,
  type RelayEvent,
} from "./events.ts";
export { eventIdForm, senderForm, slotForm, tokenForm } from "./names.ts";
export {
  type Bye,
  byeSchema,
  type Heartbeat,
  type Hello,
  heartbeatSchema,
  helloSchema,
  type StreamEventName,
} from "./stream.ts";
