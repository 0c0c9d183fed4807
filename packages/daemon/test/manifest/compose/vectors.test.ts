import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadProject } from "../../../src/manifest/load.ts";
import { formatProblem, ManifestError } from "../../../src/manifest/problem.ts";
import type { AppSpec } from "../../../src/spec/app-spec.ts";

const testdata = new URL("../../../../../../shared/vectors/compose/loader/testdata/", import.meta.url);

type Apps = Readonly<Record<string, unknown>>;
const container = (image?: string) => ({
  runner: image === undefined ? { kind: "container" } : { kind: "container", image },
});
const own = { kind: "exec", argv: [""] };

/** By the Compose specification: the apps of each file, or the message that refuses it. */
const expected: Readonly<Record<string, Apps | RegExp>> = {
  "combined/compose.yaml": { service: container() },
  "combined/dir/extended.yaml": { service: container() },
  "combined/dir/included.yaml": { service: container() },
  "compose-depends-on-cycle.yaml": /:6:9: dependency cycle: service1 → service2 → service3 → service1$/,
  "compose-depends-on-profile-no-cycle.yaml":
    /:6:9: dependency cycle: service1 → service2 → service3 → service1$/,
  "compose-depends-on-self.yaml": /:6:9: service "service1" depends on itself$/,
  "compose-include-cycle.yaml":
    /:2:5: files include each other: compose-include-cycle.yaml → compose-include-cycle.yaml$/,
  "compose-include.yaml": {
    bar: { ...container("bar"), environment: { FOO: "BAR" } },
    imported: { ...container("nginx"), environment: { SOURCE: "extends" } },
  },
  "compose-test-extends-with-context-url-imported.yaml": { "imported-with-https-url": container() },
  "compose-test-extends-with-context-url.yaml": { "importer-with-https-url": container() },
  "compose-test-extends.yaml": {
    importer: { ...container("nginx"), project: "compose-test-extends", environment: { SOURCE: "extends" } },
  },
  "compose-test-with-version.yaml": {
    web: { ...container(), project: "compose-test-with-version" },
    other: { ...container("busybox:1.31.0-uclibc"), command: { kind: "exec", argv: ["top"] } },
  },
  "empty.yaml": /^empty\.yaml:1:1: the file is empty/,
  // Of these two a service is there only to be extended: it has neither image nor build nor command.
  "extends/base.yaml": /:8:3: services\.with-port has no "command"/,
  "extends/depends_on.yaml": {
    with_depends_on: {
      ...container("foo"),
      dependsOn: { zot: { condition: "service_started", required: true } },
    },
    with_volumes_from: container("foo"),
    with_ipc: container("foo"),
    with_network_mode: container("foo"),
    zot: container("hidden"),
  },
  "extends/interpolated.yaml": { foo: container("bash") },
  "extends/nested.yaml": { "with-build": container() },
  "extends/ports.yaml": {
    test: { ...container("test"), ports: [{ host: "0.0.0.0", port: 8080, protocol: "tcp" }] },
  },
  "extends/reset.yaml": {
    init: { ...container("alpine:latest"), command: { kind: "exec", argv: ["sleep", "infinity"] } },
    base: { ...container("alpine:latest"), command: own },
  },
  "extends/sibling.yaml": { test: container() },
  "extends/withdir/compose.yaml": { test: container("hello-world") },
  "extends/withdir/dir/base.yaml": { test: container("hello-world") },
  "extends/withdir/dir/compose.yaml": { test: container("hello-world") },
  "include/compose.yaml": { included: container() },
  // Its env_file is there only when it is included with another project directory.
  "include/dir/compose.yaml":
    /:12:9: services\.service\.env_file\[0\]: there is no file include\/dir\/extra\.env/,
  "include/included.yaml": { included: container() },
  "include/project-directory.yaml": { service: { ...container(), environment: { SOURCE: "extends" } } },
  "remote/compose.yaml": { foo: { ...container("foo"), environment: { FOO: "BAR" } } },
  // Names of another program's own scheme are files that are not there.
  "remote/cycle/compose-cycle.yaml": /:4:7: there is no file .*remote:cycle\/compose\.yaml/,
  "remote/cycle/compose.yaml": /:4:7: there is no file .*remote:cycle\/compose-cycle\.yaml/,
  "remote/nested/compose-nested.yaml": { bar: container("bar") },
  "remote/nested/compose.yaml": /:4:7: there is no file .*remote:nested\/compose-nested\.yaml/,
  "subdir/compose-test-extends-imported.yaml": {
    imported: { ...container("nginx"), environment: { SOURCE: "extends" } },
  },
};

function load(file: string): Readonly<Record<string, AppSpec>> | string {
  try {
    const { spec } = loadProject({ cwd: fileURLToPath(testdata), env: { PATH: "/bin" }, files: [file] });
    return Object.fromEntries(spec.apps.map((app) => [app.name, app]));
  } catch (error) {
    if (error instanceof ManifestError) return error.problems.map(formatProblem).join("\n");
    throw error;
  }
}

describe.skipIf(!existsSync(testdata))("the public Compose files", () => {
  test.each(Object.entries(expected))("%s", (file, wanted) => {
    const loaded = load(file);
    if (wanted instanceof RegExp) {
      expect(typeof loaded === "string" ? loaded.split("\n")[0] : loaded).toMatch(wanted);
      return;
    }
    expect(loaded).toMatchObject(wanted);
    expect(Object.keys(loaded)).toEqual(Object.keys(wanted));
  });

  test("each of them is judged", () => {
    const files = readdirSync(testdata, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".yaml"),
    );
    expect(files.toSorted()).toEqual(Object.keys(expected).toSorted());
  });
});
