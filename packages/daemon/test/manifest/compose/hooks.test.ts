import { describe, expect, test } from "vitest";
import { usualWebhook } from "../../../src/hooks/hook-spec.ts";
import { load, problemsOf, web } from "../project.ts";

describe("on_exit", () => {
  const exec = (...argv: [string, ...string[]]) => ({ kind: "exec", argv });
  test.each([
    ["on_exit: tell me", { command: exec("tell", "me"), when: "failure", timeoutMs: 30_000 }],
    ["on_exit: [tell, 'a b']", { command: exec("tell", "a b"), when: "failure", timeoutMs: 30_000 }],
    [
      "on_exit: { command: tell, when: always, timeout: 5s }",
      { command: exec("tell"), when: "always", timeoutMs: 5_000 },
    ],
    [
      "on_exit: { command: 'echo $$HOLDFAST_RESULT | mail ops', when: success }",
      {
        command: { kind: "shell", script: "echo $HOLDFAST_RESULT | mail ops", shell: ["/bin/sh", "-c"] },
        when: "success",
        timeoutMs: 30_000,
      },
    ],
  ])("%s", (text, expected) => {
    expect(load(web("command: run", text)).apps["web"]?.onExit).toEqual(expected);
  });

  test("is refused for a container, and with a time of nothing", () => {
    expect(problemsOf(web("image: x", "on_exit: tell"))).toEqual([
      expect.stringContaining("services.web.on_exit is not supported (it is for processes)"),
    ]);
    expect(problemsOf(web("command: x", "on_exit: { command: tell, timeout: 0s }"))).toEqual([
      expect.stringContaining("services.web.on_exit.timeout: it must be longer than nothing"),
    ]);
  });
});

describe("webhooks", () => {
  const hooks = (text: string): string => `webhooks:\n  ops: ${text}\n${web("command: run")}`;

  test("have defaults, paths from their own file, and no more than what was said", () => {
    expect(load(hooks("{ url: 'https://hooks.example/x' }")).spec.webhooks).toEqual([
      { name: "ops", url: "https://hooks.example/x", ...usualWebhook },
    ]);
    const whole =
      "{ url: 'http://localhost:8080/x', events: [state.failed, operation], apps: [web], secret_file: ./ops.secret, timeout: 2s, give_up_after: 1h }";
    expect(load(hooks(whole)).spec.webhooks).toEqual([
      {
        name: "ops",
        url: "http://localhost:8080/x",
        events: ["state.failed", "operation"],
        apps: ["web"],
        secretFile: "/project/ops.secret",
        timeoutMs: 2_000,
        giveUpAfterMs: 3_600_000,
      },
    ]);
    expect(load(web("command: run")).spec).not.toHaveProperty("webhooks");
  });

  test("of several files lie over each other by name, and variables are put in", () => {
    const { spec } = load(
      { "a.yaml": hooks("{ url: 'https://a.example/' }"), "b.yaml": hooks("{ url: 'https://$HOST/' }") },
      { files: ["a.yaml", "b.yaml"], env: { HOST: "b.example" } },
    );
    expect(spec.webhooks).toMatchObject([{ name: "ops", url: "https://b.example/" }]);
  });

  test.each([
    ["{}", '2:8: webhooks.ops has no "url"'],
    ["yes", "webhooks.ops must be a map with a url"],
    [
      "{ url: 'http://hooks.example/' }",
      "webhooks.ops.url: http: reaches no further than this machine's loopback",
    ],
    ["{ url: 'https://me:pw@hooks.example/' }", "use secret_file"],
    [
      "{ url: 'https://h/', events: [state.faild] }",
      'there is no event "state.faild" (did you mean "state.failed"?)',
    ],
    ["{ url: 'https://h/', apps: [wob] }", 'there is no service "wob" (did you mean "web"?)'],
    ["{ url: 'https://h/', secret: hunter2 }", "webhooks.ops.secret is not supported"],
    ["{ url: 'https://h/', insecure: true }", "certificates are checked always"],
    ["{ url: 'https://h/', timeout: 0s }", "it must be longer than nothing"],
    ["{ url: 'https://h/', eventz: [] }", 'unknown key (did you mean "events"?)'],
  ])("%s is refused with its place", (text, expected) => {
    expect(problemsOf(hooks(text))).toEqual([expect.stringContaining(expected)]);
  });
});
