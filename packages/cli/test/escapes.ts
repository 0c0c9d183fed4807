const esc = "\u001b";

/** Sequences and letters that do something to a terminal, each of which would be seen by the `evil` in or beside it. */
export const escapes: readonly string[] = [
  // Every C0 and C1 control and DEL, alone; but the tab and the line end.
  ...range(0x00, 0x1f)
    .filter((code) => code !== 0x09 && code !== 0x0a)
    .map(letter),
  ...range(0x7f, 0x9f).map(letter),
  // ESC and every letter: two-letter escapes, character sets, resets, keypads.
  ...range(0x20, 0x7e).map((code) => `${esc}${letter(code)}`),
  // CSI in both forms with every final but that of colours.
  ...range(0x40, 0x7e)
    .filter((code) => letter(code) !== "m")
    .flatMap((code) => [`${esc}[1;2${letter(code)}`, `${esc}[?25${letter(code)}`, `\u009b3${letter(code)}`]),
  // Strings: titles, links, the clipboard, colours of the palette, notifications, images; ended by BEL, by ST, by C1's.
  ...[
    "0;evil",
    "2;evil",
    "4;1;rgb:ff/00/00",
    "7;file://evil/",
    "8;;http://evil",
    "9;evil",
    "10;?",
    "52;c;ZXZpbA==",
    "777;notify;evil;x",
    "1337;File=:ZXZpbA==",
  ].flatMap((text) => [`${esc}]${text}\u0007`, `${esc}]${text}${esc}\\`, `\u009d${text}\u009c`]),
  ...["P", "X", "^", "_"].flatMap((kind) => [`${esc}${kind}evil${esc}\\`, `${esc}${kind}evil`]),
  // Unfinished ones, and some within others.
  `${esc}[`,
  `${esc}[1;`,
  `${esc}]`,
  `${esc}]0;`,
  `${esc}[${esc}[2J`,
  `${esc}]0;${esc}]0;x\u0007`,
  `${esc}${esc}c`,
  `${esc}[1${"\u0018"}2J`,
  `${esc}[>4;1m`,
  `${esc}[<0m`,
  `${esc}[1 q`,
  `${esc}#8`,
  `${esc}%G`,
  `${esc}(0`,
  // Text that hides or turns other text.
  "\r",
  "evil\rgood",
  "\b\b\b",
  "\u2028",
  "\u2029",
  ..."\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
];

/** What of a text would do something to a terminal; undefined when there is nothing but lines, tabs and colours. */
export function harmIn(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const plain = text.replaceAll(/\u001b\[[0-9;:]*m/g, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/.exec(
    plain,
  )?.[0];
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function letter(code: number): string {
  return String.fromCharCode(code);
}
