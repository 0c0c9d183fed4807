/** The bytes that `text` has in UTF-8; counted exactly only where it could be over `limit`. */
export function utf8Bytes(text: string, limit: number): number {
  // A UTF-16 unit becomes one to three bytes.
  if (text.length * 3 <= limit || text.length > limit) return text.length;
  return new TextEncoder().encode(text).length;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** True if arrays and objects lie deeper within each other than `limit`. Needs no valid JSON and no recursion. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (inString) {
      if (unit === backslash) index++;
      else if (unit === quote) inString = false;
    } else if (unit === quote) {
      inString = true;
    } else if (unit === openBracket || unit === openBrace) {
      depth++;
      if (depth > limit) return true;
    } else if (unit === closeBracket || unit === closeBrace) {
      depth--;
    }
  }
  return false;
}
