/** Members may be nested so deep; what is deeper is only text, for whoever writes it out again would fail. */
const mostDepth = 32;

/** What a line that is a JSON object has in it; undefined when it is none. */
export function structuredFields(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith("{") || !/\}\s*$/.test(text.slice(-8))) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !isDeeper(value, mostDepth) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((each) => isDeeper(each, depth - 1));
}
