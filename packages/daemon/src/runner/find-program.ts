import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { HoldfastError } from "@holdfast/runtime";

export interface WantedProgram {
  readonly program: string;
  readonly workingDir: string;
  readonly path: string | undefined;
}

/**
 * Throws `START_FAILED`, with a sentence that says what is missing, when a program cannot be started: known before
 * the try, so that nothing flips to `running` in vain.
 */
export function expectProgram({ program, workingDir, path }: WantedProgram): void {
  const directory = statSync(workingDir, { throwIfNoEntry: false });
  if (directory === undefined) throw failed(`its working directory ${workingDir} does not exist`);
  if (!directory.isDirectory()) throw failed(`its working directory ${workingDir} is not a directory`);

  if (program.includes("/")) {
    const file = isAbsolute(program) ? program : resolve(workingDir, program);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) throw failed(`${program} does not exist (looked for ${file})`);
    if (found.isDirectory()) throw failed(`${program} is a directory (${file})`);
    if (!isExecutable(file)) throw failed(`${program} is not executable (${file})`);
    return;
  }
  const directories = (path ?? "").split(":").filter((each) => each !== "");
  if (directories.some((each) => isProgram(resolve(workingDir, each, program)))) return;
  throw failed(`command not found: ${program} (looked in PATH: ${path ?? "which is not set"})`);
}

function isProgram(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true && isExecutable(file);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function failed(why: string): HoldfastError {
  return new HoldfastError("START_FAILED", why);
}
