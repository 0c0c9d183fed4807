import { describe, expect, test } from "vitest";
import { load, problemsOf, web } from "../project.ts";

function ports(text: string, kind = "command: run"): readonly string[] | undefined {
  const { apps } = load(web(kind, `ports: ${text}`));
  return apps["web"]?.ports.map(({ host, port, protocol }) => `${host} ${port} ${protocol}`);
}

test.each<[string, string[]]>([
  ['["8000:80"]', ["0.0.0.0 8000 tcp"]],
  ["[8000:80]", ["0.0.0.0 8000 tcp"]],
  ["[8000]", ["0.0.0.0 8000 tcp"]],
  ['["8000:80/udp", "8000:80"]', ["0.0.0.0 8000 udp", "0.0.0.0 8000 tcp"]],
  ['["127.0.0.1:8000:80"]', ["127.0.0.1 8000 tcp"]],
  ['["127.0.0.1::80"]', ["127.0.0.1 80 tcp"]],
  ['["[::1]:8000:80"]', ["::1 8000 tcp"]],
  ['["8000-8002:80-82"]', ["0.0.0.0 8000 tcp", "0.0.0.0 8001 tcp", "0.0.0.0 8002 tcp"]],
  ['["9000-9001"]', ["0.0.0.0 9000 tcp", "0.0.0.0 9001 tcp"]],
  ["[{target: 80, published: 8000}]", ["0.0.0.0 8000 tcp"]],
  [
    '[{target: 80, published: "8000-8001", host_ip: 127.0.0.1, protocol: udp, mode: host, name: x, app_protocol: http}]',
    ["127.0.0.1 8000 udp", "127.0.0.1 8001 udp"],
  ],
  ["[{target: 80}]", ["0.0.0.0 80 tcp"]],
  ['["80:80", "80:80"]', ["0.0.0.0 80 tcp"]],
  ["[auto]", ["0.0.0.0 0 tcp"]],
  [
    '["0:80", "127.0.0.1:auto", "[::1]:0:80/udp", 0]',
    ["0.0.0.0 0 tcp", "127.0.0.1 0 tcp", "::1 0 udp", "0.0.0.0 0 tcp"],
  ],
  ["[{target: 80, published: 0, host_ip: 127.0.0.1}]", ["127.0.0.1 0 tcp"]],
])("%s", (text, expected) => {
  expect(ports(text)).toEqual(expected);
});

test("a container's port without the host's is none of the host's", () => {
  expect(ports('["80", {target: 81}, "8000:80"]', "image: x")).toEqual(["0.0.0.0 8000 tcp"]);
});

describe("mistakes", () => {
  test.each([
    ['["x"]', '4:13: services.web.ports[0]: "x" is no port ([[address:]host-port:]port[/tcp or /udp])'],
    [
      '["70000"]',
      '4:13: services.web.ports[0]: "70000" is no port ([[address:]host-port:]port[/tcp or /udp])',
    ],
    [
      '["0-5:80"]',
      '4:13: services.web.ports[0]: "0-5:80" is no port ([[address:]host-port:]port[/tcp or /udp])',
    ],
    [
      '["80/icmp"]',
      '4:13: services.web.ports[0]: "80/icmp" is no port ([[address:]host-port:]port[/tcp or /udp])',
    ],
    [
      '["8000-8002:80-81"]',
      '4:13: services.web.ports[0]: the two ranges of "8000-8002:80-81" differ in length',
    ],
    ['["1-65535:1-65535"]', "4:13: services.web.ports[0]: these are more than 20000 ports"],
    ["80", "4:12: services.web.ports must be a list, found the number 80"],
    ["[[80]]", "4:13: services.web.ports[0] must be a text, found a list"],
    ["[{published: x, target: 80}]", '4:14: services.web.ports[0].published: "x" is no port'],
    ["[{}]", '4:13: services.web.ports[0] has no "target"'],
    [
      "[{target: 80, publish: 80}]",
      '4:26: services.web.ports[0].publish: unknown key (did you mean "published"?)',
    ],
  ])("%s", (text, problem) => {
    expect(problemsOf(web("command: run", `ports: ${text}`))).toEqual([`holdfast.yaml:${problem}`]);
  });
});

describe("two services with one port", () => {
  const both = (one: string, other: string, more = "") =>
    `services:\n  a: {command: x, ports: [${one}]}\n  b: {command: x, ports: [${other}]${more}}\n`;
  const taken = 'holdfast.yaml:3:27: port 8000/tcp of "b" is taken by "a" at holdfast.yaml:2:27';

  test.each([
    ['"8000:1"', '"8000:2"'],
    ['"127.0.0.1:8000:1"', '"8000:2"'],
    ['"8000-8001:1-2"', '"127.0.0.1:8000:2"'],
    ['"[::]:8000:1"', '"10.0.0.1:8000:2"'],
  ])("%s and %s are refused, both named", (one, other) => {
    expect(problemsOf(both(one, other))).toEqual([taken]);
  });

  test.each([
    ['"8000:1"', '"8001:1"'],
    ['"8000:1/udp"', '"8000:1"'],
    ['"127.0.0.1:8000:1"', '"127.0.0.2:8000:1"'],
  ])("%s and %s are two", (one, other) => {
    expect(problemsOf(both(one, other))).toEqual([]);
  });

  test("two that take any port do not meet", () => {
    expect(problemsOf(both("auto", "auto"))).toEqual([]);
  });

  test("one service may have a port at two addresses", () => {
    expect(ports('["127.0.0.1:8000:1", "8000:1"]')).toHaveLength(2);
  });

  test("those that a profile keeps out may be alternatives", () => {
    expect(problemsOf(both('"8000:1"', '"8000:1"', ", profiles: [other]"))).toEqual([]);
    expect(problemsOf(both('"8000:1"', '"8000:1"', ", profiles: [other]"), { profiles: ["other"] })).toEqual([
      taken,
    ]);
  });
});
