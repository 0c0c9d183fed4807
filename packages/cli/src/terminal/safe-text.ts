/**
 * What an app wrote, made harmless for a terminal: no control character and no escape sequence is left but SGR
 * (colours), so that nothing can move the cursor, set the title, answer a query or hide text. Marks that turn the
 * direction of writing are taken out too. One pass, whatever is in the text.
 */
export function safeText(text: string, options: { readonly keepColours: boolean }): string {
  // Most lines have nothing of it.
  if (!suspicious.test(text)) return text;
  let safe = "";
  let coloured = false;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === escapeCode || code === c1Csi) {
      const end = sequenceEnd(text, index);
      const sequence = text.slice(index, end);
      if (options.keepColours && isSgr(sequence)) {
        safe += sequence;
        coloured = true;
      }
      index = end;
      continue;
    }
    if (code === carriageReturn) {
      // In the middle of a line it would let later text hide earlier text.
      if (index < text.length - 1) safe += " ";
    } else if (!isControl(code) && !isDirectionMark(code)) {
      safe += text[index];
    }
    index++;
  }
  return coloured ? `${safe}\u001b[0m` : safe;
}

const escapeCode = 0x1b;
const bell = 0x07;
const carriageReturn = 0x0d;
const tab = 0x09;
const c1Csi = 0x9b;
const suspicious: RegExp =
  /[^\t\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\uffff]/;

/** The index after the escape sequence that begins at `start`; after the text, if it has no end. */
function sequenceEnd(text: string, start: number): number {
  let index = start + 1;
  if (text.charCodeAt(start) === escapeCode) {
    const kind = text[index];
    if (kind === undefined) return index;
    if ("]PX^_".includes(kind)) return stringEnd(text, index + 1);
    if (kind !== "[") return shortEnd(text, index);
    index++;
  }
  // CSI: parameters 0x30–0x3f, intermediates 0x20–0x2f, one final 0x40–0x7e (ECMA-48, 5.4).
  while (within(text, index, 0x30, 0x3f)) index++;
  while (within(text, index, 0x20, 0x2f)) index++;
  return within(text, index, 0x40, 0x7e) ? index + 1 : index;
}

/** OSC, DCS, SOS, PM, APC: up to BEL or ST. */
function stringEnd(text: string, start: number): number {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === bell || code === 0x9c) return index + 1;
    if (code === escapeCode) return text[index + 1] === "\\" ? index + 2 : index;
  }
  return text.length;
}

function shortEnd(text: string, start: number): number {
  let index = start;
  while (within(text, index, 0x20, 0x2f)) index++;
  return within(text, index, 0x30, 0x7e) ? index + 1 : index;
}

function within(text: string, index: number, low: number, high: number): boolean {
  const code = text.charCodeAt(index);
  return code >= low && code <= high;
}

function isSgr(sequence: string): boolean {
  return /^.\[[0-9;:]*m$/.test(sequence);
}

function isControl(code: number): boolean {
  return (code < 0x20 && code !== tab) || (code >= 0x7f && code <= 0x9f);
}

function isDirectionMark(code: number): boolean {
  return (
    code === 0x061c ||
    code === 0x200e ||
    code === 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
