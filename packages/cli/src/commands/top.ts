import type { Invocation } from "../command-line/invocation.ts";
import type { TopOptions } from "../command-line/options.ts";
import { connect } from "../connection/connect.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { currentProject } from "../targets/current-project.ts";

/** `holdfast top`. */
export async function top({ options, cli }: Invocation<TopOptions>): Promise<ExitCode> {
  const open = cli.openScreen;
  if (open === undefined || cli.variables["TERM"] === "dumb") {
    throw new CommandError(exitCodes.usage, "top needs a terminal, for its keys as well as for its picture", {
      remedy: "holdfast ps prints the same once, holdfast ps --watch --json each change for programs",
    });
  }
  const project = options.all === true ? undefined : await currentProject(cli, options["project-name"]);
  const daemon = await connect(cli);
  const { TopSession } = await import("../top/session.ts");
  const screen = await open();
  try {
    return await new TopSession(cli, screen, project).run(daemon);
  } finally {
    screen.close();
    daemon.close();
  }
}
