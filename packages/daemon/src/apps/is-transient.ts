/** What the machine has too little of now and may have again in a moment. */
const shortages: ReadonlySet<unknown> = new Set([
  "EAGAIN",
  "ENOMEM",
  "EMFILE",
  "ENFILE",
  "ENOSPC",
  "EDQUOT",
  "E_NO_SPACE",
]);

/** True when an error, or what caused it, is a shortage of the machine and no fault of the app: trying again may help. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, details } = error as { code?: unknown; details?: { readonly error?: unknown } };
  return shortages.has(code) || shortages.has(details?.error) || isTransient(error.cause);
}
