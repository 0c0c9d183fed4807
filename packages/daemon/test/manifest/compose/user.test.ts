import { describe, expect, test } from "vitest";
import { problemsOf, web } from "../project.ts";

const passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
const group = "root:x:0:\naudio:x:29:\n";
const machine = (nsswitch: string, ...lines: readonly string[]) => ({
  "holdfast.yaml": web("command: run", ...lines),
  "/etc/passwd": passwd,
  "/etc/group": group,
  "/etc/nsswitch.conf": nsswitch,
});
const local = "passwd: files systemd\ngroup: files systemd\n";

describe("where all users are in files", () => {
  test.each([
    "user: nobody",
    "user: nobody:audio",
    'user: "4711:4712"',
    'user: "root:"',
    "group_add: [audio, 44]",
  ])("%s is known", (line) => {
    expect(problemsOf(machine(local, line))).toEqual([]);
  });

  test.each([
    [
      "user: nobdy",
      '4:5: services.web.user: there is no user "nobdy" on this machine (did you mean "nobody"?)',
    ],
    [
      "user: nobody:adio",
      '4:5: services.web.user: there is no group "adio" on this machine (did you mean "audio"?)',
    ],
    ["group_add: [zz]", '4:5: services.web.group_add: there is no group "zz" on this machine'],
    ['user: ":audio"', '4:5: services.web.user: ":audio" is no user (USER or USER:GROUP)'],
    ['user: "a:b:c"', '4:5: services.web.user: "a:b:c" is no user (USER or USER:GROUP)'],
  ])("%s is refused", (line, problem) => {
    expect(problemsOf(machine(local, line))).toEqual([`holdfast.yaml:${problem}`]);
  });
});

test("where users may come from elsewhere, the start tells", () => {
  expect(problemsOf(machine("passwd: files sss\ngroup: files sss\n", "user: from-ldap:staff"))).toEqual([]);
});
