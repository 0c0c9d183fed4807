/** What a reader chose, kept in the browser. Without storage it holds until the page is left. */
const kept = new Map<string, string>();

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`holdfast-${name}`) ?? kept.get(name) ?? null;
  } catch {
    return kept.get(name) ?? null;
  }
}

export function writePreference(name: string, value: string): void {
  kept.set(name, value);
  try {
    localStorage.setItem(`holdfast-${name}`, value);
  } catch {
    // Kept above.
  }
}
