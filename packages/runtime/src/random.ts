/** The only way chance enters. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** `count` bytes, each uniform. */
  bytes(count: number): Uint8Array;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
}

/** Unpredictable: `bytes` and `uuid` are fit for secrets, `next` is not. */
export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (count) => {
    const bytes = new Uint8Array(count);
    // One call gives 65,536 bytes at most.
    for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  },
  uuid: () => uuidOf(systemRandom.bytes(16)),
};

/** The same seed gives the same sequence, everywhere (sfc32). For tests and simulation only. */
export function seededRandom(seed: number): Random {
  let [a, b, c, d] = [0, seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 1];
  const next32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  // Close seeds start alike; a few rounds drive them apart.
  for (let round = 0; round < 12; round++) next32();
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => next32() & 255);
  return { next: () => next32() / 2 ** 32, bytes, uuid: () => uuidOf(bytes(16)) };
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte, index) => {
    const value = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
