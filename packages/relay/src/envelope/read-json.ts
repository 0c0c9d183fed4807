/** What a text says as JSON; `undefined` where it is none, which no JSON says. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
