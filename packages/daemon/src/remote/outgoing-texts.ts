/** So many characters are weighed together. Whatever they are, they weigh less than a mail may. */
const pieceChars = 16_384;

/** What the texts of a mail may weigh, in bytes of JSON: encrypted and in base64 twice it fits into an envelope. */
const mostBytes = 120_000;

interface Piece {
  readonly text: string;
  readonly bytes: number;
  /** The next piece is of the same text. */
  readonly continues: boolean;
}

/** What goes into the next mail. */
export interface Batch {
  readonly texts: readonly string[];
  /** The last of them goes on with the first of the next mail. */
  readonly continues: boolean;
  readonly chars: number;
}

/** Texts that wait for their mail, of any length. */
export class OutgoingTexts {
  #pieces: Piece[] = [];
  #chars = 0;

  /** How many characters wait. */
  get chars(): number {
    return this.#chars;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  push(text: string): void {
    this.#chars += text.length;
    for (let at = 0; ; at += pieceChars) {
      const part = text.slice(at, at + pieceChars);
      const continues = at + pieceChars < text.length;
      this.#pieces.push({ text: part, bytes: Buffer.byteLength(JSON.stringify(part)), continues });
      if (!continues) return;
    }
  }

  /** Takes as much as goes into one mail: one piece at least. */
  take(): Batch {
    const texts: string[] = [];
    let [bytes, chars, continues, taken] = [0, 0, false, 0];
    for (const piece of this.#pieces) {
      if (taken > 0 && bytes + piece.bytes > mostBytes) break;
      if (continues) texts.push(`${texts.pop() ?? ""}${piece.text}`);
      else texts.push(piece.text);
      taken++;
      bytes += piece.bytes;
      chars += piece.text.length;
      ({ continues } = piece);
    }
    this.#pieces = this.#pieces.slice(taken);
    this.#chars -= chars;
    return { texts, continues, chars };
  }
}
