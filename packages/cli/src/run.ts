import { main } from "./main.ts";
import { nodeEnvironment } from "./node-environment.ts";

/** Runs the command of this process and ends it. `bin` is the file that it was started with. */
export async function run(bin: string): Promise<void> {
  const cli = nodeEnvironment([process.execPath, bin]);
  const code = await main(process.argv.slice(2), cli);
  // What was written goes out first: an exit would cut it off where an output is asynchronous.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
