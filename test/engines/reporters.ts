type Reporter = "default" | ["json", { outputFile: string }];

/** What a run of vitest prints, and the file of its results that `.ci/run` counts. */
export function reporters(run: string): Reporter[] {
  const directory = process.env["HOLDFAST_TEST_REPORTS"];
  return directory === undefined
    ? ["default"]
    : ["default", ["json", { outputFile: `${directory}/${run}.json` }]];
}
