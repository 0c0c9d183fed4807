/**
 * FNV-1a, 64 bits, as 16 hexadecimal digits: to keep the names of two homes apart where a path is too long or may not
 * hold slashes. Against chance, not against malice; loading `node:crypto` for it would cost a command 5 ms.
 */
export function shortHash(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
