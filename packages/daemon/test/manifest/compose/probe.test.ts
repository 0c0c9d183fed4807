import { describe, expect, test } from "vitest";
import type { Probe } from "../../../src/spec/app-spec.ts";
import { load, problemsOf, web } from "../project.ts";

type Kind = "healthcheck" | "readiness" | "liveness";
const run = "command: run";

function probe(kind: Kind, text: string): Probe | undefined {
  return load(web(run, `${kind}: ${text}`)).apps["web"]?.[kind];
}
const shell = (script: string) => ({
  kind: "exec",
  command: { kind: "shell", script, shell: ["/bin/sh", "-c"] },
});
const exec = (...argv: readonly string[]) => ({ kind: "exec", command: { kind: "exec", argv } });

describe("what is checked", () => {
  test.each<[Kind, string, unknown]>([
    ["healthcheck", "{test: curl -f localhost || exit 1}", shell("curl -f localhost || exit 1")],
    ["healthcheck", "{test: [CMD, curl, -f, x]}", exec("curl", "-f", "x")],
    ["healthcheck", "{test: [CMD-SHELL, a | b]}", shell("a | b")],
    ["readiness", "{exec: a | b}", shell("a | b")],
    ["readiness", "{exec: [a, b]}", exec("a", "b")],
    [
      "healthcheck",
      "{http: 'http://localhost:80/x'}",
      { kind: "http", url: "http://localhost:80/x", method: "GET", headers: {} },
    ],
    [
      "liveness",
      "{http: {url: 'https://h/', method: HEAD, headers: {A: 1}, status: 204}}",
      { kind: "http", url: "https://h/", method: "HEAD", headers: { A: "1" }, status: 204 },
    ],
    ["healthcheck", "{tcp: 5432}", { kind: "tcp", host: "127.0.0.1", port: 5432 }],
    ["readiness", "{tcp: 'db:5432'}", { kind: "tcp", host: "db", port: 5432 }],
    ["readiness", "{tcp: ':5432'}", { kind: "tcp", host: "127.0.0.1", port: 5432 }],
    ["readiness", "{tcp: '[::1]:5432'}", { kind: "tcp", host: "::1", port: 5432 }],
  ])("%s: %s", (kind, text, action) => {
    expect(probe(kind, text)?.action).toEqual(action);
  });

  test("readiness by a line of output", () => {
    const { apps } = load(web(run, "readiness: {log: listening on}"));
    expect(apps["web"]?.readyLogLine).toBe("listening on");
    const notify = load(
      web("command: run", "readiness: {notify: true, timeout: 5s}", "liveness: {watchdog: 30s}"),
    );
    expect(notify.apps["web"]).toMatchObject({ readyNotify: { timeoutMs: 5_000 }, watchdogMs: 30_000 });
    expect(load(web("command: run", "readiness: {notify: true}")).apps["web"]?.readyNotify).toEqual({});
    expect(load(web("command: run", "readiness: {notify: false}")).apps["web"]).not.toHaveProperty(
      "readyNotify",
    );
    expect(apps["web"]?.readiness).toBeUndefined();
  });
});

describe("when", () => {
  test("Compose's defaults hold for a healthcheck", () => {
    expect(probe("healthcheck", "{test: x}")).toMatchObject({
      initialDelayMs: 0,
      intervalMs: 30_000,
      timeoutMs: 30_000,
      failureThreshold: 3,
      successThreshold: 1,
      startPeriodMs: 0,
      startIntervalMs: 5000,
    });
  });

  test("all times can be said", () => {
    const text =
      "{test: x, interval: 1m30s, timeout: 500ms, retries: 5, start_period: 2s, start_interval: 100ms, initial_delay: 1s, success_threshold: 2}";
    expect(probe("readiness", text)).toMatchObject({
      initialDelayMs: 1000,
      intervalMs: 90_000,
      timeoutMs: 500,
      failureThreshold: 5,
      successThreshold: 2,
      startPeriodMs: 2000,
      startIntervalMs: 100,
    });
  });

  test("a time of zero means the default", () => {
    expect(probe("healthcheck", "{test: x, interval: 0s, timeout: 0s}")).toMatchObject({
      intervalMs: 30_000,
      timeoutMs: 30_000,
    });
  });

  test.each(["{disable: true}", "{test: [NONE]}", "{disable: true, test: x}"])(
    "%s switches it off",
    (text) => {
      expect(probe("healthcheck", text)).toBeUndefined();
    },
  );
});

describe("mistakes", () => {
  test.each([
    [
      "healthcheck: {interval: 1s}",
      "4:5: services.web.healthcheck does not say what to check (give it test, http or tcp)",
    ],
    [
      "healthcheck: {test: [curl]}",
      "4:25: services.web.healthcheck.test: the list must begin with NONE, CMD or CMD-SHELL",
    ],
    ["healthcheck: {test: [CMD]}", "4:25: services.web.healthcheck.test: nothing follows CMD"],
    ["healthcheck: {test: ''}", "4:19: services.web.healthcheck.test: the command is empty"],
    [
      "healthcheck: {test: x, intervall: 1s}",
      '4:28: services.web.healthcheck.intervall: unknown key (did you mean "interval"?)',
    ],
    [
      "healthcheck: {test: x, interval: 10}",
      '4:38: services.web.healthcheck.interval must be a duration such as "10s" or "1m30s", found the number 10',
    ],
    [
      "healthcheck: {test: x, retries: -1}",
      "4:37: services.web.healthcheck.retries must be at least 0, found the number -1",
    ],
    [
      "readiness: {http: x, tcp: 80}",
      "4:23: services.web.readiness.http must be a URL that begins with http:// or https://",
    ],
    [
      "readiness: {exec: x, tcp: 80}",
      "4:26: services.web.readiness.tcp: one check only, and exec is there already",
    ],
    ["readiness: {http: {method: GET}}", '4:23: services.web.readiness.http has no "url"'],
    [
      "readiness: {http: {url: 'http://x', verb: GET}}",
      "4:41: services.web.readiness.http.verb: unknown key",
    ],
    [
      "readiness: {tcp: 70000}",
      "4:22: services.web.readiness.tcp must be host:port or a port from 1 to 65535",
    ],
    [
      "readiness: {tcp: host}",
      "4:22: services.web.readiness.tcp must be host:port or a port from 1 to 65535",
    ],
    [
      "liveness: {exec: x, log: y}",
      "4:25: services.web.liveness.log is not supported (only readiness can wait for a line of output)",
    ],
    [
      "liveness: {notify: true, tcp: 80}",
      "4:16: services.web.liveness.notify is not supported (it is for readiness)",
    ],
    [
      "readiness: {watchdog: 5s, tcp: 80}",
      "4:17: services.web.readiness.watchdog is not supported (it is for liveness)",
    ],
    ["liveness: {watchdog: 0s}", "4:16: services.web.liveness.watchdog: it must be longer than nothing"],
    [
      "readiness: {notify: maybe}",
      '4:25: services.web.readiness.notify must be true or false, found the text "maybe"',
    ],
    [
      "readiness: {notify: true, tcp: 80}",
      "4:17: services.web.readiness.notify: one check only, and tcp is there already",
    ],
    ["healthcheck: x", '4:18: services.web.healthcheck must be a map, found the text "x"'],
  ])("%s", (line, problem) => {
    expect(problemsOf(web(run, line))[0]).toBe(`holdfast.yaml:${problem}`);
  });

  test("a container may leave the test to its image", () => {
    expect(problemsOf(web("image: x", "healthcheck: {interval: 1s}"))).toEqual([]);
  });
});
