/** A fenced block of code in a markdown file. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  readonly line: number;
  /** The block of no language that follows it at once: what the code prints. */
  readonly prints?: string;
}

/** Every fenced block of a text, in order; those that are another's output stand with that one. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const fences = /^```(\w*)\n([\s\S]*?)^```\n(?:\n```\n([\s\S]*?)^```$)?/gm;
  return [...markdown.matchAll(fences)].map(({ 1: language = "", 2: text = "", 3: prints, index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split("\n").length,
    ...(prints !== undefined && { prints }),
  }));
}

/** The targets of all links to files, without what is after `#`. */
export function linkedFiles(markdown: string): readonly string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].flatMap(([, target = ""]) =>
    /^[a-z]+:/.test(target) ? [] : [target],
  );
}

/** True if the lines of `part` stand together in `whole`, indented alike or not. */
export function isExcerpt(part: string, whole: string): boolean {
  const lines = (text: string): string =>
    `\n${text
      .trim()
      .split("\n")
      .map((line) => line.trim())
      .join("\n")}\n`;
  return lines(whole).includes(lines(part));
}
