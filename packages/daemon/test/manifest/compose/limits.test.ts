import { describe, expect, test } from "vitest";
import { parseBytes } from "../../../src/manifest/bytes.ts";
import type { AppSpec } from "../../../src/spec/app-spec.ts";
import { load, problemsOf, web } from "../project.ts";

const run = "command: run";
const app = (...lines: readonly string[]): AppSpec | undefined => load(web(run, ...lines)).apps["web"];

test.each<[string, AppSpec["limits"]]>([
  ["limits: {memory: 512m}", { memoryBytes: 512 * 1024 ** 2, enforce: "warn" }],
  [
    "limits: {memory: 1g, cpus: 1.5, pids: 100, enforce: require}",
    { memoryBytes: 1024 ** 3, cpus: 1.5, pids: 100, enforce: "require" },
  ],
  ['limits: {cpus: "0.5"}', { cpus: 0.5, enforce: "warn" }],
  [
    "deploy: {resources: {limits: {cpus: 2, memory: 64M, pids: 7}, reservations: {cpus: 1}}}",
    { cpus: 2, memoryBytes: 64 * 1024 ** 2, pids: 7, enforce: "warn" },
  ],
  ["mem_limit: 67108864", { memoryBytes: 64 * 1024 ** 2, enforce: "warn" }],
  ["cpus: 0.25", { cpus: 0.25, enforce: "warn" }],
  ["pids_limit: 9", { pids: 9, enforce: "warn" }],
  ["pids_limit: -1", { pids: 4_194_304, enforce: "warn" }],
  [
    "pids_limit: 9\n    limits: {pids: 9, memory: 64m}",
    { pids: 9, memoryBytes: 64 * 1024 ** 2, enforce: "warn" },
  ],
  ["limits: {enforce: require}", undefined],
])("%s", (line, limits) => {
  expect(app(line)?.limits).toEqual(limits);
});

test.each<[string, number | undefined]>([
  ["0", 0],
  ["1024", 1024],
  ["1k", 1024],
  ["1KB", 1024],
  ["1.5g", 1.5 * 1024 ** 3],
  ["2 GiB", 2 * 1024 ** 3],
  ["10b", 10],
  ["1t", 1024 ** 4],
  ["", undefined],
  ["-1", undefined],
  ["1x", undefined],
  ["m", undefined],
  ["1e9", undefined],
  ["99999999999999t", undefined],
])("parseBytes(%j) is %s", (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

test("ulimits are numbers of the kernel, one for both or each its own", () => {
  expect(app("ulimits: {nofile: 1024, core: {soft: 0, hard: unlimited}, nproc: -1}")?.ulimits).toEqual([
    { resource: 7, soft: 1024, hard: 1024 },
    { resource: 4, soft: 0, hard: "unlimited" },
    { resource: 6, soft: "unlimited", hard: "unlimited" },
  ]);
});

test("group_add names further groups", () => {
  expect(app("group_add: [audio, 44]")?.groups).toEqual(["audio", "44"]);
});

test("a container keeps its own", () => {
  const { apps } = load(
    "services:\n  web: {image: x, mem_limit: 1g, ulimits: {nofile: 5}, deploy: {resources: {limits: {cpus: 1}}}}\n",
  );
  expect(apps["web"]).not.toHaveProperty("limits");
  expect(apps["web"]).not.toHaveProperty("ulimits");
});

describe("mistakes", () => {
  test.each([
    ["limits: 1g", '4:13: services.web.limits must be a map, found the text "1g"'],
    [
      "limits: {memory: lots}",
      '4:14: services.web.limits.memory: "lots" is no amount of memory (such as "512m" or "2g")',
    ],
    [
      "limits: {memory: 1m}",
      '4:14: services.web.limits.memory: "1m" is less than 6 MiB, which no program can start in',
    ],
    ["limits: {memroy: 1g}", '4:14: services.web.limits.memroy: unknown key (did you mean "memory"?)'],
    [
      "limits: {enforce: maybe}",
      '4:23: services.web.limits.enforce must be one of require, warn, found the text "maybe"',
    ],
    [
      "cpus: many",
      '4:5: services.web.cpus: "many" is no number of processors (such as "0.5" or "2", and at least 0.01)',
    ],
    [
      "cpus: 0",
      '4:5: services.web.cpus: "0" is no number of processors (such as "0.5" or "2", and at least 0.01)',
    ],
    ["pids_limit: few", '4:17: services.web.pids_limit must be a whole number, found the text "few"'],
    [
      "deploy: {resources: {limits: {memory: 9q}}}",
      '4:35: services.web.deploy.resources.limits.memory: "9q" is no amount of memory (such as "512m" or "2g")',
    ],
    [
      "deploy: {resources: {limit: {}}}",
      '4:26: services.web.deploy.resources.limit: unknown key (did you mean "limits"?)',
    ],
    ["deploy: [x]", "4:13: services.web.deploy must be a map, found a list"],
    [
      "mem_limit: 1g\n    limits: {memory: 2g}",
      "5:5: services.web.limits: two keys give two different limits of memory: 2147483648 and 1073741824",
    ],
    ["memswap_limit: 1g", "4:5: services.web.memswap_limit is not supported (mem_limit is with swap)"],
    [
      "ulimits: {nofiles: 5}",
      '4:15: services.web.ulimits.nofiles: there is no such limit (did you mean "nofile"?)',
    ],
    [
      "ulimits: {nofile: many}",
      '4:23: services.web.ulimits.nofile must be a whole number, -1 or unlimited, found "many"',
    ],
    ["ulimits: {nofile: {soft: 5}}", '4:23: services.web.ulimits.nofile has no "hard"'],
    [
      "ulimits: {nofile: {soft: 6, hard: 5}}",
      "4:15: services.web.ulimits.nofile: the soft limit 6 is above the hard one, 5",
    ],
    ["group_add: audio", '4:16: services.web.group_add must be a list, found the text "audio"'],
  ])("%s", (line, problem) => {
    expect(problemsOf(web(run, line))).toEqual([`holdfast.yaml:${problem}`]);
  });
});
