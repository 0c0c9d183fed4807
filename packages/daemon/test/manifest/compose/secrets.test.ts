import { describe, expect, test } from "vitest";
import { load, problemsOf } from "../project.ts";

const project = (service: string, secrets: string): string =>
  `services:\n  web:\n    command: run\n    ${service}\nsecrets:\n  ${secrets}\n`;

test("a secret is a file, meant from the file's directory, and only its path is kept", () => {
  const files = {
    "holdfast.yaml": project(
      "secrets: [db, {source: key, target: tls.pem, mode: 0440}]",
      "db: {file: ./db.txt}\n  key: {file: /etc/key, name: other}",
    ),
    "db.txt": "hunter2",
  };
  const { apps, spec } = load(files);
  expect(apps["web"]?.secrets).toEqual([
    { file: "/project/db.txt", target: "db", mode: 0o400 },
    { file: "/etc/key", target: "tls.pem", mode: 0o440 },
  ]);
  expect(JSON.stringify(spec)).not.toContain("hunter2");
});

test("those of an included file come from its directory, and those of a later file go before", () => {
  const { apps } = load(
    {
      "1.yaml":
        "include: [sub/in.yaml]\nservices: {a: {command: x, secrets: [s]}}\nsecrets: {s: {file: one}}\n",
      "2.yaml": "services: {a: {secrets: [t]}}\nsecrets: {s: {file: two}, t: {file: $T}}\n",
      "sub/in.yaml": "services: {b: {command: x, secrets: [u]}}\nsecrets: {u: {file: three}}\n",
    },
    { files: ["1.yaml", "2.yaml"], env: { T: "four" } },
  );
  expect(apps["a"]?.secrets?.map(({ file }) => file)).toEqual(["/project/two", "/project/four"]);
  expect(apps["b"]?.secrets?.map(({ file }) => file)).toEqual(["/project/sub/three"]);
});

test("what no process uses is not looked at, and a container's is its engine's", () => {
  expect(problemsOf(project("x-a: 1", "db: {external: true}"))).toEqual([]);
  expect(problemsOf("services: {web: {image: x, secrets: [db]}}\nsecrets: {db: {environment: X}}\n")).toEqual(
    [],
  );
});

describe("mistakes", () => {
  test.each([
    [
      "secrets: [bd]",
      "db: {file: x}",
      '4:15: services.web.secrets[0]: there is no secret "bd" at the top of the file (did you mean "db"?)',
    ],
    [
      "secrets: [db, db2]",
      "db: {file: x}\n  db2: {environment: X}",
      "7:9: secrets.db2.environment is not supported (a value in the environment of the caller is none that can be kept; use a file)",
    ],
    [
      "secrets: [db]",
      "db: {external: true}",
      "6:8: secrets.db.external is not supported (nobody else keeps secrets here; use a file)",
    ],
    ["secrets: [db]", "db: {}", '6:7: secrets.db has no "file"'],
    ["secrets: [db]", "db: x", "6:3: secrets.db must be a map with a file"],
    ["secrets: [db]", "db: {fiel: x, file: y}", '6:8: secrets.db.fiel: unknown key (did you mean "file"?)'],
    ["secrets: db", "db: {file: x}", "4:14: services.web.secrets must be a list"],
    [
      "secrets: [{source: db, target: /etc/passwd}]",
      "db: {file: x}",
      '4:15: services.web.secrets[0]: "/etc/passwd" is no name for a secret (letters, digits, _ . and -; it is found by its variable)',
    ],
    [
      "secrets: [{source: db, target: ..}]",
      "db: {file: x}",
      '4:15: services.web.secrets[0]: ".." is no name for a secret (letters, digits, _ . and -; it is found by its variable)',
    ],
    [
      "secrets: [{source: db, mode: 9}]",
      "db: {file: x}",
      '4:28: services.web.secrets[0].mode: "9" is no mode of a file (such as "0440")',
    ],
    [
      "secrets: [{source: db, uid: 5}]",
      "db: {file: x}",
      "4:28: services.web.secrets[0].uid is not supported (it is for the user of the app alone)",
    ],
    ["secrets: [{target: db}]", "db: {file: x}", '4:15: services.web.secrets[0] has no "source"'],
    [
      "secrets: [db, {source: other, target: db}]",
      "db: {file: x}\n  other: {file: y}",
      "4:19: services.web.secrets[1]: a second secret named db",
    ],
  ])("%s, %s", (service, secrets, problem) => {
    expect(problemsOf(project(service, secrets))).toEqual([`holdfast.yaml:${problem}`]);
  });

  test("secrets that are no map", () => {
    expect(problemsOf("services: {web: {command: x}}\nsecrets: [a]\n")).toEqual([
      "holdfast.yaml:2:10: secrets must be a map of secrets by name",
    ]);
  });
});
