/** Which paths below a watched one are of no interest. Pure. */

/** What editors, version control and package installers write, in every watched directory. */
const alwaysIgnored: readonly string[] = [
  ...["node_modules", ".git", ".hg", ".svn", "__pycache__", ".DS_Store"],
  // vim, emacs, JetBrains, gedit and others, while they save.
  ...["*~", "*.sw[a-z]", ".*.sw[a-z]", "4913", "#*#", ".#*", "*___jb_*___", ".goutputstream-*"],
];

/**
 * True for a path that a pattern matches, or that lies below one: `*` and `?` match within a name, `**` across names. A
 * pattern without a slash matches a name at any depth. Paths are relative and have no slash at their ends.
 */
export function isIgnored(path: string, patterns: readonly string[]): boolean {
  return matchesAny(path, [...alwaysIgnored, ...patterns]);
}

/** True for a path that one of the patterns matches, or that lies below one. */
export function matchesAny(path: string, patterns: readonly string[]): boolean {
  const names = path.split("/");
  return patterns.some((pattern) => {
    const bare = pattern.replace(/^\.?\/+/, "").replace(/\/+$/, "");
    const isAnywhere = !bare.includes("/") && !pattern.startsWith("/");
    if (isAnywhere) return names.some((name) => matchesName(name, bare));
    const wanted = bare.split("/");
    return names.some((_, index) => matchesSeries(names.slice(0, index + 1), wanted, "**", matchesName));
  });
}

function matchesName(name: string, glob: string): boolean {
  const tokens = glob.match(/\[!?[^\]]+\]|./gsu) ?? [];
  return matchesSeries([...name], tokens, "*", matchesLetter);
}

function matchesLetter(letter: string, token: string): boolean {
  if (token === "?") return true;
  if (token.length < 3 || !token.startsWith("[")) return letter === token;
  const isNegated = token[1] === "!";
  const ranges = token.slice(isNegated ? 2 : 1, -1).match(/.-.|./gsu) ?? [];
  const isIn = ranges.some((range) => {
    const [first = "", , last = first] = range;
    return letter >= first && letter <= last;
  });
  return isIn !== isNegated;
}

/**
 * Whether items match tokens one by one, where the token `any` matches any number of them. Only the last `any` is ever
 * tried again, so it takes no more steps than items times tokens.
 */
function matchesSeries(
  items: readonly string[],
  tokens: readonly string[],
  any: string,
  matches: (item: string, token: string) => boolean,
): boolean {
  let at = 0;
  let token = 0;
  let again: { readonly token: number; at: number } | undefined;
  while (at < items.length) {
    const wanted = tokens[token];
    if (wanted === any) {
      again = { token: ++token, at };
    } else if (wanted !== undefined && matches(items[at] ?? "", wanted)) {
      at++;
      token++;
    } else if (again === undefined) {
      return false;
    } else {
      at = ++again.at;
      token = again.token;
    }
  }
  return tokens.slice(token).every((left) => left === any);
}
