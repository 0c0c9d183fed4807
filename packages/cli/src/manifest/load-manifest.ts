import type { ProjectSpec } from "@holdfast/daemon";
import { formatProblem, loadProject, ManifestError, nodeSources } from "@holdfast/daemon/manifest";
import type { CliEnvironment } from "../cli-environment.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";

export interface ManifestRequest {
  /** Absent: the first of the known names in this directory. */
  readonly files?: readonly string[] | undefined;
  readonly projectName?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
}

/**
 * Reads the manifest and prints its warnings. Throws `CommandError` with exit code 2 and a line
 * `file:line:column: message` for each thing that is wrong.
 */
export function loadManifest(
  cli: CliEnvironment,
  { files, projectName, profiles }: ManifestRequest,
): { readonly spec: ProjectSpec } {
  const style = makeStyle(wantsColour(cli.stderr.isTerminal, cli.variables));
  try {
    const { spec, warnings } = loadProject(
      {
        ...(files !== undefined && { files }),
        cwd: cli.directory,
        env: cli.variables,
        ...(projectName !== undefined && { projectName }),
        ...(profiles !== undefined && { profiles }),
      },
      nodeSources,
    );
    for (const warning of warnings) {
      cli.stderr.write(`${style.yellow("warning:")} ${formatProblem(warning)}\n`);
    }
    return { spec };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const { problems } = error;
    for (const problem of problems) cli.stderr.write(`${formatProblem(problem)}\n`);
    const count = problems.length === 1 ? "is one error" : `are ${problems.length} errors`;
    throw new CommandError(exitCodes.usage, `there ${count} in the manifest; nothing was started`, {
      cause: error,
    });
  }
}
