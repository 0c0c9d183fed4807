export { type Cursor, formatCursor, hasReached, parseCursor } from "./protocol/index.ts";
