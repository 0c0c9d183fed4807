/** A piece of a line that looks the same all over: `className` names how, never what a style sheet does not know. */
export interface Span {
  readonly text: string;
  readonly className: string;
}

/** Escape sequences: CSI, the strings (OSC, DCS …) up to their end, and the short ones (ECMA-48, 5). */
const escapes =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /(?:\u001b\[|\u009b)([0-?]*)([ -/]*)([@-~]?)|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
/** What would not be seen, or would turn the direction of what follows. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * What a program wrote, as pieces of text with class names for its colours: nothing of it is ever read as markup. Colours
 * of 256 and of millions become the nearest of eight, which the themes keep readable.
 */
export function ansiSpans(line: string): readonly Span[] {
  const spans: Span[] = [];
  let look = plainLook;
  let from = 0;
  const add = (end: number): void => {
    const text = line.slice(from, end).replace(unseen, "").replaceAll("\t", "    ");
    if (text !== "") spans.push({ text, className: classOf(look) });
  };
  for (const match of line.matchAll(escapes)) {
    add(match.index);
    from = match.index + match[0].length;
    if (match[3] === "m" && match[2] === "") look = changed(look, match[1] ?? "");
  }
  add(line.length);
  return spans;
}

/** The same without colours. */
export function plainText(line: string): string {
  return line.replace(escapes, "").replace(unseen, "").replaceAll("\t", "    ");
}

interface Look {
  readonly colour: number | null;
  readonly isBold: boolean;
  readonly isFaint: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
}

const plainLook: Look = { colour: null, isBold: false, isFaint: false, isItalic: false, isUnderlined: false };

function classOf({ colour, isBold, isFaint, isItalic, isUnderlined }: Look): string {
  const classes: string[] = [];
  if (colour !== null) classes.push(`ansi-${colour}`);
  if (isBold) classes.push("ansi-bold");
  if (isFaint) classes.push("ansi-faint");
  if (isItalic) classes.push("ansi-italic");
  if (isUnderlined) classes.push("ansi-underline");
  return classes.join(" ");
}

/** SGR: several numbers in a row, of which 38 and 48 take further ones. Backgrounds are left out: text must stay readable. */
function changed(before: Look, params: string): Look {
  const codes = params.split(/[;:]/).map(Number);
  let look = before;
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, taken] = wideColour(codes.slice(index + 1));
      index += taken;
      if (code === 38) look = { ...look, colour };
    } else look = applied(look, code);
  }
  return look;
}

function applied(look: Look, code: number): Look {
  if (code === 0) return plainLook;
  if (code === 1) return { ...look, isBold: true };
  if (code === 2) return { ...look, isFaint: true };
  if (code === 3) return { ...look, isItalic: true };
  if (code === 4) return { ...look, isUnderlined: true };
  if (code === 22) return { ...look, isBold: false, isFaint: false };
  if (code === 23) return { ...look, isItalic: false };
  if (code === 24) return { ...look, isUnderlined: false };
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 90 };
  if (code === 39) return { ...look, colour: null };
  return look;
}

/** The nearest of eight, and how many numbers it took to say. */
function wideColour([kind, a = 0, b = 0, c = 0]: readonly number[]): readonly [number | null, number] {
  if (kind === 2) return [nearest(a, b, c), 4];
  if (kind !== 5) return [null, 0];
  if (a < 16) return [a % 8, 2];
  if (a >= 232) return [7, 2];
  const cube = a - 16;
  return [nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51), 2];
}

function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 32) return 7;
  const bit = (value: number): number => (value > most * 0.6 ? 1 : 0);
  return bit(red) + 2 * bit(green) + 4 * bit(blue);
}
