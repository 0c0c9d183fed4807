const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/**
 * An amount as in Compose, in bytes: `1024`, `512m`, `1.5 GB`, `2gib`; units are powers of 1024. Undefined when it is
 * none. https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-byte-values
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([bkmgt])?(?:i?b)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const bytes = Math.floor(Number(match[1]) * (units[(match[2] ?? "b").toLowerCase()] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
