const newline = 0x0a;

/** What a chunk completed. `overflow` holds when the line under way is longer than allowed; nothing follows then. */
export interface DecodedLines {
  readonly lines: readonly string[];
  readonly overflow: boolean;
}

/** Cuts bytes into lines of UTF-8, however they are chunked. Keeps one line at most; each byte is looked at once. */
export class LineDecoder {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(chunk: Uint8Array): DecodedLines {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      if (!this.#add(chunk.subarray(from, end))) return { lines, overflow: true };
      lines.push(Buffer.concat(this.#parts, this.#bytes).toString("utf8"));
      this.#parts = [];
      this.#bytes = 0;
      from = end + 1;
    }
    return { lines, overflow: !this.#add(chunk.subarray(from)) };
  }

  #add(part: Uint8Array): boolean {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) {
      this.#parts = [];
      return false;
    }
    if (part.length > 0) this.#parts.push(part);
    return true;
  }
}
