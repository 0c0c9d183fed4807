import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Home, openHome } from "../home.ts";
import { removeHome } from "./remove-home.ts";

/** A home that is removed with everything in it. */
export interface TemporaryHome extends Home {
  /** Names it for programs that are started with it. */
  readonly env: { readonly HOLDFAST_HOME: string };
  remove(): void;
  [Symbol.dispose](): void;
}

/** Makes a home in the temporary directory: `using home = temporaryHome()`. */
export function temporaryHome(): TemporaryHome {
  const root = mkdtempSync(join(tmpdir(), "holdfast-test-"));
  const env = { HOLDFAST_HOME: join(root, "home") };
  const remove = (): void => removeHome(root);
  return { ...openHome(env), env, remove, [Symbol.dispose]: remove };
}
