/** Shell patterns over a whole text: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a character that is meant as it is. */

/** True when `pattern` matches all of `text`. Costs at most the product of both lengths. */
export function globMatches(pattern: string, text: string): boolean {
  const parts = parse(pattern);
  let part = 0;
  let index = 0;
  let star = -1;
  let starIndex = 0;
  while (index < text.length) {
    const current = parts[part];
    if (current === "any") {
      star = part;
      starIndex = index;
      part += 1;
    } else if (current?.(text[index] ?? "") === true) {
      part += 1;
      index += 1;
    } else if (star >= 0) {
      // Only the last star need give way: what an earlier one took cannot have been wrong.
      part = star + 1;
      starIndex += 1;
      index = starIndex;
    } else {
      return false;
    }
  }
  while (parts[part] === "any") part += 1;
  return part === parts.length;
}

type Part = "any" | ((char: string) => boolean);

function parse(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index] ?? "";
    const close = char === "[" ? pattern.indexOf("]", index + 2) : -1;
    if (char === "*") parts.push("any");
    else if (char === "?") parts.push(() => true);
    else if (close >= 0) {
      parts.push(parseClass(pattern.slice(index + 1, close)));
      index = close;
    } else {
      if (char === "\\" && index + 1 < pattern.length) index += 1;
      const literal = pattern[index];
      parts.push((candidate) => candidate === literal);
    }
  }
  return parts;
}

function parseClass(body: string): (char: string) => boolean {
  const negated = body.startsWith("^") || body.startsWith("!");
  const set = negated ? body.slice(1) : body;
  const ranges: (readonly [string, string])[] = [];
  for (let index = 0; index < set.length; index += 1) {
    const low = set[index] ?? "";
    const high = set[index + 1] === "-" ? set[index + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) index += 2;
  }
  return (char) => ranges.some(([low, high]) => char >= low && char <= high) !== negated;
}
