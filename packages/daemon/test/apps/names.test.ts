import { describe, expect, test } from "vitest";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";

describe("names", () => {
  test("an unknown app is refused with the nearest one", () => {
    const { daemon } = fakeDaemon();
    daemon.apply(projectSpec([appSpec("web")]));
    expect(() => daemon.start([{ project: "shop", name: "wep" }])).toThrow(
      "shop has no app wep; did you mean web?",
    );
    expect(() => daemon.list("shap")).toThrow("there is no project shap; did you mean shop?");
  });

  test("a project with a container is refused as a whole", () => {
    const { daemon } = fakeDaemon();
    const spec = projectSpec([appSpec("web"), appSpec("db", { runner: { kind: "container" } })]);
    expect(() => daemon.apply(spec)).toThrow("holdfast.yaml:1:1: db is a container");
    expect(daemon.list()).toEqual([]);
  });
});
