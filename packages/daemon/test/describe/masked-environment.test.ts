import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { maskedEnvironment } from "../../src/describe/masked-environment.ts";
import { secretValues } from "../../src/describe/secret-values.ts";

const shown = (environment: Readonly<Record<string, string>>): Readonly<Record<string, string | null>> =>
  Object.fromEntries(maskedEnvironment(environment).map(({ name, value }) => [name, value]));

test.each([
  ["API_KEY", "abc"],
  ["aws_secret_access_key", "abc"],
  ["GITHUB_TOKEN", "abc"],
  ["PGPASSWORD", "abc"],
  ["DB_PASS", "abc"],
  ["SERVICE_CREDENTIALS", "abc"],
  ["PROXY_AUTH", "abc"],
  ["SENTRY_DSN", "abc"],
  ["SESSION_COOKIE", "abc"],
  ["DATABASE_URL", "postgres://ann:s3cret@db/shop"],
  ["REDIS", "redis://:s3cret@cache:6379/0"],
  ["HEADER", "Authorization: Bearer eyJhbGciOi"],
  ["CERT", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"],
])("%s=%s is hidden", (name, value) => {
  expect(shown({ [name]: value })).toEqual({ [name]: null });
});

test.each([
  ["PATH", "/bin:/usr/bin"],
  ["PORT", "8080"],
  ["DATABASE_URL", "postgres://db/shop"],
  ["HOME_PAGE", "https://example.org/a@b"],
  ["EMPTY_TOKEN", ""],
])("%s=%s is shown", (name, value) => {
  expect(shown({ [name]: value })).toEqual({ [name]: value });
});

test("a value that holds a secret's is hidden too, whatever its name; a short one hides nothing else", () => {
  expect(shown({ TOKEN: "hunter22", ARGS: "--login hunter22", PIN_PASS: "1", PORT: "8081" })).toEqual({
    TOKEN: null,
    ARGS: null,
    PIN_PASS: null,
    PORT: "8081",
  });
});

test("what is in a secret file of the app is hidden wherever it stands", () => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-secret-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, "db");
  writeFileSync(file, "correct horse\n");
  const secrets = secretValues([
    { file, target: "db", mode: 0o400 },
    { file: join(directory, "none"), target: "none", mode: 0o400 },
  ]);
  expect(secrets).toEqual(["correct horse"]);
  expect(maskedEnvironment({ LOGIN: "ann:correct horse", PLACE: file }, secrets)).toEqual([
    { name: "LOGIN", value: null },
    { name: "PLACE", value: file },
  ]);
});
