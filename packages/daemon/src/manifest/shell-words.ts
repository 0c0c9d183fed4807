/** A command line taken apart as a POSIX shell would, without being a shell: quotes and backslashes, nothing else. */

export type ShellWords =
  | { readonly ok: true; readonly words: readonly string[] }
  /** `offset` is where the quote that never ends begins, from 0. */
  | { readonly ok: false; readonly reason: string; readonly offset: number };

/** Splits `text` into words: `'…'` literally, `"…"` with `\"`, `\\`, `\$` and `` \` `` undone, `\x` as `x` elsewhere. */
export function splitShellWords(text: string): ShellWords {
  const words: string[] = [];
  let word: string | undefined;
  let index = 0;
  while (index < text.length) {
    const char = text[index] ?? "";
    if (char === "'") {
      const end = text.indexOf("'", index + 1);
      if (end < 0) return { ok: false, reason: "a single quote is never closed", offset: index };
      word = (word ?? "") + text.slice(index + 1, end);
      index = end + 1;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(text, index + 1);
      if (quoted === undefined) return { ok: false, reason: "a double quote is never closed", offset: index };
      word = (word ?? "") + quoted.value;
      index = quoted.end;
    } else if (char === "\\") {
      if (index + 1 >= text.length)
        return { ok: false, reason: "nothing follows the last backslash", offset: index };
      const escaped = text[index + 1] ?? "";
      if (escaped !== "\n") word = (word ?? "") + escaped;
      index += 2;
    } else {
      const end = endOfPlain(text, index);
      if (end > index) word = word === undefined ? text.slice(index, end) : word + text.slice(index, end);
      else if (word !== undefined) {
        words.push(word);
        word = undefined;
      }
      index = end > index ? end : endOfBlanks(text, index);
    }
  }
  if (word !== undefined) words.push(word);
  return { ok: true, words };
}

/** Where a run of what means nothing ends. By code: a million words of one letter are a million runs. */
function endOfPlain(text: string, index: number): number {
  let end = index;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === 0x22 || code === 0x27 || code === 0x5c || isBlank(code)) break;
  }
  return end;
}

function endOfBlanks(text: string, index: number): number {
  let end = index;
  while (end < text.length && isBlank(text.charCodeAt(end))) end += 1;
  return end;
}

function isBlank(code: number): boolean {
  return code <= 0x7f
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : /\s/.test(String.fromCharCode(code));
}

function readDoubleQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = "";
  for (let index = start; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (char === '"') return { value, end: index + 1 };
    const next = text[index + 1];
    if (char === "\\" && next !== undefined && '"\\$`\n'.includes(next)) {
      if (next !== "\n") value += next;
      index += 1;
    } else {
      value += char;
    }
  }
  return undefined;
}
