// Without red, which means an error, and without what is unreadable on a light or dark ground.
const palette: readonly number[] = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];

/** A colour for each name: the same for the same name as long as no other one needs it first. */
export function appColours(names: Iterable<string>): ReadonlyMap<string, number> {
  const colours = new Map<string, number>();
  let taken = new Set<number>();
  for (const name of [...new Set(names)].sort()) {
    if (taken.size === palette.length) taken = new Set();
    let index = hash(name) % palette.length;
    while (taken.has(index)) index = (index + 1) % palette.length;
    taken.add(index);
    colours.set(name, palette[index] ?? 36);
  }
  return colours;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
