/**
 * How many columns a text takes on a terminal, as `wcwidth` counts: two for wide letters and emoji, none for marks that
 * stand on the letter before them. SGR sequences take none; the text must have no other control characters.
 */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { columns } of pieces(text)) width += columns;
  return width;
}

/** The text's beginning, in so many columns at most, with `…` where something was left out. Colours end with it. */
export function cutToWidth(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (plain.test(text) && text.length <= columns) return text;
  if (textWidth(text) <= columns) return text;
  return `${takeColumns(text, columns - 1)}…${text.includes("\u001b") ? "\u001b[0m" : ""}`;
}

/** Exactly so many columns: cut, or with spaces before or after it. */
export function fitToWidth(text: string, columns: number, align: "left" | "right" = "left"): string {
  const cut = cutToWidth(text, columns);
  const gap = " ".repeat(Math.max(0, columns - textWidth(cut)));
  return align === "right" ? gap + cut : cut + gap;
}

/**
 * A text in lines of so many columns at most, broken after a space where there is one. What follows the first line is
 * indented by `indent` columns. Colours go on from line to line, and each line ends without one.
 */
export function wrapToWidth(text: string, columns: number, indent = 0): readonly string[] {
  if (columns <= 0 || (plain.test(text) && text.length <= columns)) return [text];
  const margin = " ".repeat(indent < columns ? indent : 0);
  const lines: string[] = [];
  let rest = text;
  let colour = "";
  for (;;) {
    const head = lines.length === 0 ? "" : margin;
    if (textWidth(head) + textWidth(rest) <= columns) {
      lines.push(`${head}${colour}${rest}`);
      return lines;
    }
    const room = takeColumns(rest, columns - head.length) || (pieces(rest)[0]?.text ?? "");
    const space = rest[room.length] === " " ? room.length : room.lastIndexOf(" ");
    // A break far to the left would leave a hole; a long word is cut instead.
    const taken = space > room.length / 2 ? rest.slice(0, space + 1) : room;
    const before = colour;
    colour = lastColour(taken, before);
    lines.push(`${head}${before}${taken.trimEnd()}${colour === "" ? "" : "\u001b[0m"}`);
    rest = rest.slice(taken.length);
    if (rest === "") return lines;
  }
}

/** ASCII and Latin letters: a column each. */
const plain: RegExp = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff]*$/;
const escapeCharacter: string = String.fromCharCode(0x1b);
const sgr: RegExp = new RegExp(`${escapeCharacter}\\[[0-9;:]*m`, "g");

function lastColour(text: string, before: string): string {
  const last = text.match(sgr)?.at(-1);
  if (last === undefined) return before;
  return last === "\u001b[0m" || last === "\u001b[m" ? "" : last;
}

function takeColumns(text: string, columns: number): string {
  let taken = "";
  let used = 0;
  for (const piece of pieces(text)) {
    if (used + piece.columns > columns) break;
    used += piece.columns;
    taken += piece.text;
  }
  return taken;
}

interface Piece {
  readonly text: string;
  readonly columns: number;
}

let segmenter: Intl.Segmenter | undefined;

/** Letters as people count them, and colour sequences. */
function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(sgr)) {
    addLetters(found, text.slice(from, match.index));
    found.push({ text: match[0], columns: 0 });
    from = match.index + match[0].length;
  }
  addLetters(found, text.slice(from));
  return found;
}

function addLetters(found: Piece[], text: string): void {
  if (plain.test(text)) {
    for (const letter of text) found.push({ text: letter, columns: 1 });
    return;
  }
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  for (const { segment } of segmenter.segment(text))
    found.push({ text: segment, columns: letterWidth(segment) });
}

function letterWidth(letter: string): number {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return 0;
  if (letter.includes("\ufe0f") || isWide(letter)) return 2;
  // Marks, joiners and other letters that nothing is drawn of by themselves.
  return /^(?:\p{Mark}|\p{Default_Ignorable_Code_Point}|\p{Format})+$/v.test(letter) ? 0 : 1;
}

/**
 * East Asian Width W and F (Unicode Standard Annex 11), and what is an emoji without being asked to. Written here, since a
 * pattern above would be made at each start of the command, which seldom needs it.
 */
function isWide(letter: string): boolean {
  return /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}])/v.test(
    letter,
  );
}
