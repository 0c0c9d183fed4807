import { expect, test } from "vitest";
import { ownMs } from "../../../test/checks/own-time.ts";
import { safeText } from "../src/terminal/safe-text.ts";

const esc = "\u001b";
const plain = (text: string): string => safeText(text, { keepColours: false });
const coloured = (text: string): string => safeText(text, { keepColours: true });

test("ordinary text of any language, with tabs, is left as it is", () => {
  for (const text of ["", "GET / 200\t3 ms", "grüße, 世界, 🎉 мир", "a [1m b"])
    expect(coloured(text)).toBe(text);
});

test("colours stay where they may, and never reach the next line", () => {
  expect(coloured(`${esc}[1;31mred${esc}[0m ${esc}[38:2::1:2:3mmore`)).toBe(
    `${esc}[1;31mred${esc}[0m ${esc}[38:2::1:2:3mmore${esc}[0m`,
  );
  expect(plain(`${esc}[1;31mred${esc}[0m`)).toBe("red");
});

test.each([
  ["cursor movement", `a${esc}[2Ab`, "ab"],
  ["clear screen", `a${esc}[2J${esc}[Hb`, "ab"],
  ["a private mode", `a${esc}[?1049hb`, "ab"],
  ["a query", `a${esc}[6nb${esc}[>cc`, "abc"],
  ["a title, ended by BEL", `a${esc}]0;evil\u0007b`, "ab"],
  ["a title, ended by ST", `a${esc}]0;evil${esc}\\b`, "ab"],
  ["a link", `${esc}]8;;http://evil${esc}\\text${esc}]8;;${esc}\\`, "text"],
  ["a clipboard write", `a${esc}]52;c;ZXZpbA==\u0007b`, "ab"],
  ["a device control string", `a${esc}P$q"p${esc}\\b`, "ab"],
  ["an unended title", `a${esc}]0;evil`, "a"],
  ["a title that another sequence breaks off", `a${esc}]0;evil${esc}[2Jb`, "ab"],
  ["a reset", `a${esc}cb`, "ab"],
  ["a character set", `a${esc}(0b`, "ab"],
  ["an escape at the end", `a${esc}`, "a"],
  ["an unfinished sequence", `a${esc}[31`, "a"],
  ["an unfinished sequence before a control", `a${esc}[31\u0008b`, "ab"],
  ["8-bit CSI", "a\u009b2Jb", "ab"],
  ["8-bit OSC", "a\u009d0;evil\u0007b", "a0;evilb"],
  ["backspaces", "secret\b\b\b\b\b\bpublic", "secretpublic"],
  ["a bell", "a\u0007b", "ab"],
  ["NUL and DEL", "a\u0000\u007fb", "ab"],
  ["a carriage return within", "evil\rgood", "evil good"],
  ["a carriage return at the end", "line\r", "line"],
  ["marks of direction", "a\u202egnp.exe\u2066b\u200f", "agnp.exeb"],
  ["line separators", "a\u2028b\u2029c", "abc"],
  ["SGR that is none", `a${esc}[>4;1mb`, "ab"],
])("%s is taken out", (_, text, safe) => {
  expect(coloured(text)).toBe(safe);
});

test("a megabyte of anything is done in a moment", () => {
  for (const part of [`${esc}`, `${esc}[`, `${esc}]`, "\u009b1;", "x", `${esc}[1`]) {
    const text = part.repeat(Math.floor(1_000_000 / part.length));
    const before = ownMs();
    coloured(text);
    expect(ownMs() - before).toBeLessThan(2_000);
  }
});
