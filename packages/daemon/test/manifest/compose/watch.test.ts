import { describe, expect, test } from "vitest";
import { load, problemsOf, web } from "../project.ts";

const rule = { include: [], ignore: [], debounceMs: 200 };
const watchOf = (text: string) => load(web("command: run", text)).apps["web"]?.watch;

describe("watch", () => {
  test.each([
    ["watch: src", [{ ...rule, path: "/project/src" }]],
    [
      "watch: [./src, /etc/app.conf]",
      [
        { ...rule, path: "/project/src" },
        { ...rule, path: "/etc/app.conf" },
      ],
    ],
    [
      "watch: [{ path: src, action: restart, ignore: [tmp/], include: ['*.ts'], debounce: 1s }]",
      [{ path: "/project/src", ignore: ["tmp/"], include: ["*.ts"], debounceMs: 1_000 }],
    ],
    [
      "develop: { watch: [{ path: ./src, action: sync+restart, target: /app }] }",
      [{ ...rule, path: "/project/src" }],
    ],
  ])("%s", (text, rules) => {
    expect(watchOf(text)).toEqual(rules);
  });

  test("is absent where nothing is watched", () => {
    expect(load(web("command: run")).apps["web"]).not.toHaveProperty("watch");
  });

  test.each([
    ["watch: [{ action: restart }]", '4:13: services.web.watch[0] has no "path"'],
    [
      "watch: [{ path: src, action: sync }]",
      "services.web.watch[0].action: sync is for containers (restart)",
    ],
    ["watch: [{ path: src, action: restrat }]", '(did you mean "restart"?)'],
    [
      "watch: [{ path: src, ignor: [a] }]",
      'services.web.watch[0].ignor: unknown key (did you mean "ignore"?)',
    ],
    [
      "watch: [{ path: src, debounce: 0s }]",
      "services.web.watch[0].debounce: it must be longer than nothing",
    ],
    ["watch: [{ path: src, initial_sync: true }]", "initial_sync is not supported (nothing is copied)"],
    ["watch: [a]\n    develop: { watch: [b] }", "develop.watch says the same"],
    ["develop: { wach: [b] }", 'services.web.develop.wach: unknown key (did you mean "watch"?)'],
  ])("%s is refused", (text, problem) => {
    expect(problemsOf(web("command: run", text))).toEqual([expect.stringContaining(problem)]);
  });
});
