import * as v from "valibot";
import { openJson, sealJson } from "../store/sealed-json.ts";
import type { KeptSession } from "./sessions.ts";

const schema = v.object({
  sessions: v.array(
    v.object({
      id: v.string(),
      role: v.picklist(["operate", "read"]),
      since: v.number(),
      until: v.number(),
      secretHash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    }),
  ),
});

/** The text that is kept of them, with its checksum. */
export function sealSessions(sessions: readonly KeptSession[]): string {
  return sealJson({ sessions });
}

/** What was kept, if the text is as it was written; undefined when it is not: who was let in by it logs in again. */
export function readSessions(text: string): readonly KeptSession[] | undefined {
  try {
    const value = openJson(text);
    // Earlier versions kept a bare list, without a checksum.
    const isList = Array.isArray(value);
    if (!isList && !/"~":"[0-9a-f]{8}"\}$/.test(text)) return undefined;
    const parsed = v.safeParse(schema, isList ? { sessions: value } : value);
    return parsed.success ? parsed.output.sessions : undefined;
  } catch {
    return undefined;
  }
}
