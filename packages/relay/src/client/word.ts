/** Things that people hand over by pasting: a prefix that tells what it is, and JSON in base64url. */
import * as v from "valibot";
import { fromBase64Url, toBase64Url } from "../envelope/base64.ts";

export function formatWord(prefix: string, value: object): string {
  return prefix + toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
}

/** What `formatWord` was given. Throws for any other word. */
export function parseWord<T>(prefix: string, schema: v.GenericSchema<unknown, T>, word: string): T {
  if (!word.startsWith(prefix)) throw new TypeError(`it begins with ${prefix}`);
  const text = new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(word.slice(prefix.length)));
  return v.parse(schema, JSON.parse(text));
}
