import type { Output } from "../cli-environment.ts";
import { safeText } from "./safe-text.ts";

/**
 * The last door before a terminal: whatever a command says, names and messages of apps, manifests and peers in it, goes
 * through here, and nothing but lines, tabs and colours comes out. Only `writeAsIs` goes around it: for what the command
 * itself does to the screen, and for `--raw`. What is no terminal gets every text as it is.
 */
export function safeOutput(output: Output): Output {
  return {
    get isTerminal() {
      return output.isTerminal;
    },
    get columns() {
      return output.columns;
    },
    get rows() {
      return output.rows;
    },
    write: (text) => output.write(output.isTerminal ? safeLines(text) : text),
    writeAsIs: (text) => output.writeAsIs(text),
  };
}

function safeLines(text: string): string {
  return text
    .split("\n")
    .map((line) => safeText(line, { keepColours: true }))
    .join("\n");
}
