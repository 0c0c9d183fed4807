import { crc32 } from "node:zlib";

/** The member that holds the checksum. Last in the text, so that a reader that knows nothing of it reads the rest. */
const member = ',"~":"';
const ending = /^,"~":"([0-9a-f]{8})"\}$/;
const endingLength = member.length + 8 + 2;

/** An object as JSON that carries its own checksum: SQLite has none, and a flipped bit is otherwise a new value. */
export function sealJson(value: object): string {
  const body = JSON.stringify(value).slice(0, -1);
  return `${body}${body === "{" ? member.slice(1) : member}${checksum(body)}"}`;
}

/** Throws `SyntaxError` when it is not as it was written. A text without a checksum, of an earlier version, is believed. */
export function openJson(text: string): unknown {
  const at = text.length - endingLength;
  const written = ending.exec(text.slice(at))?.[1];
  if (written !== undefined && written !== checksum(text.slice(0, at))) {
    throw new SyntaxError(`its checksum is wrong: ${text.slice(0, 60)}`);
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new SyntaxError("it is no object");
  if (written === undefined) return value;
  const { "~": _checksum, ...rest } = value as Readonly<Record<string, unknown>>;
  return rest;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
