/** A key as a terminal sends it: one with a name, or a letter. */
export type Key =
  | { readonly kind: "named"; readonly name: KeyName }
  | { readonly kind: "text"; readonly text: string };

export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | "tab"
  | "ctrl-c"
  | "ctrl-d"
  | "ctrl-l"
  | "ctrl-u"
  | "ctrl-z";

/** What a terminal sends for each, without the ESC; xterm, the Linux console, tmux and rxvt agree on one of these. */
const sequences: ReadonlyMap<string, KeyName> = new Map([
  ...(["[", "O"] as const).flatMap((lead): (readonly [string, KeyName])[] => [
    [`${lead}A`, "up"],
    [`${lead}B`, "down"],
    [`${lead}C`, "right"],
    [`${lead}D`, "left"],
    [`${lead}H`, "home"],
    [`${lead}F`, "end"],
  ]),
  ["OM", "enter"],
  ["[1~", "home"],
  ["[7~", "home"],
  ["[4~", "end"],
  ["[8~", "end"],
  ["[5~", "page-up"],
  ["[6~", "page-down"],
]);

const controls: ReadonlyMap<string, KeyName> = new Map([
  ["\r", "enter"],
  ["\n", "enter"],
  ["\t", "tab"],
  ["\b", "backspace"],
  ["\u007f", "backspace"],
  ["\u0003", "ctrl-c"],
  ["\u0004", "ctrl-d"],
  ["\u000c", "ctrl-l"],
  ["\u0015", "ctrl-u"],
  ["\u001a", "ctrl-z"],
]);

const escapeCharacter = "\u001b";

/**
 * The keys of what a terminal sent. `rest` is the beginning of a sequence whose end has not come: it goes before what
 * comes next, or, when nothing does for a moment, is an Escape (`flushKeys`). What is no key we know is dropped.
 */
export function decodeKeys(input: string): { readonly keys: readonly Key[]; readonly rest: string } {
  const keys: Key[] = [];
  let index = 0;
  while (index < input.length) {
    if (input[index] === escapeCharacter) {
      const end = sequenceEnd(input, index + 1);
      if (end === undefined) return { keys, rest: input.slice(index) };
      const name = sequences.get(input.slice(index + 1, end));
      // An Escape, and right after it another key.
      if (name !== undefined) keys.push({ kind: "named", name });
      else if (end === index + 1) keys.push({ kind: "named", name: "escape" });
      index = end;
      continue;
    }
    const letter = String.fromCodePoint(input.codePointAt(index) ?? 0);
    const name = controls.get(letter);
    if (name !== undefined) keys.push({ kind: "named", name });
    else if (letter >= " ") keys.push({ kind: "text", text: letter });
    index += letter.length;
  }
  return { keys, rest: "" };
}

/** The key that `rest` is when nothing followed it. */
export function flushKeys(rest: string): readonly Key[] {
  return rest === "" ? [] : [{ kind: "named", name: "escape" }];
}

/** The index after the sequence whose ESC stands before `start`; undefined while its end has not come. */
function sequenceEnd(input: string, start: number): number | undefined {
  const lead = input[start];
  if (lead === undefined) return undefined;
  if (lead === "O") return start + 1 < input.length ? start + 2 : undefined;
  if (lead !== "[") return start;
  for (let index = start + 1; index < input.length; index++) {
    const code = input.charCodeAt(index);
    if (code >= 0x40 && code <= 0x7e) return index + 1;
    if (code < 0x20 || code > 0x7e) return index;
  }
  return undefined;
}
