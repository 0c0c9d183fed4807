import { describe, expect, test } from "vitest";
import { load, problemsOf, web } from "../project.ts";

const update = (text: string): string => web("command: run", `deploy: { update_config: ${text} }`);

describe("deploy.update_config", () => {
  test.each([
    ["{ }", { parallelism: 1, delayMs: 0, monitorMs: 0, onFailure: "pause" }],
    [
      "{ parallelism: 2, delay: 5s, monitor: 1m, failure_action: rollback, order: stop-first }",
      { parallelism: 2, delayMs: 5_000, monitorMs: 60_000, onFailure: "rollback" },
    ],
  ])("%s", (text, policy) => {
    expect(load(update(text)).apps["web"]?.update).toEqual(policy);
  });

  test("an app that has none is restarted at once", () => {
    expect(load(web("command: run")).apps["web"]).not.toHaveProperty("update");
  });

  test.each([
    [
      "{ parallelism: -1 }",
      "4:45: services.web.deploy.update_config.parallelism must be at least 0, found the number -1",
    ],
    ["{ delay: soon }", "4:39: services.web.deploy.update_config.delay must be a duration such as"],
    [
      "{ failure_action: rolback }",
      'must be one of pause, continue, rollback, found the text "rolback" (did you mean "rollback"?)',
    ],
    [
      "{ order: start-first }",
      "4:32: services.web.deploy.update_config.order: start-first is for containers",
    ],
    ["{ max_failure_ratio: 0.5 }", "max_failure_ratio is not supported (the first failure counts)"],
    [
      "{ paralelism: 2 }",
      '4:32: services.web.deploy.update_config.paralelism: unknown key (did you mean "parallelism"?)',
    ],
  ])("%s is refused", (text, problem) => {
    expect(problemsOf(update(text))).toEqual([expect.stringContaining(problem)]);
  });
});
