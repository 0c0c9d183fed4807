import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cli = new URL("../../../cli/", import.meta.url).pathname;

/** The command built elsewhere: a bundle with a version of its own, and no sources beside it. Gone when disposed of. */
export interface OtherBuild extends Disposable {
  readonly bin: string;
}

export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** A build like this one; with `replacement` it differs in one text, which must be there once. */
export function otherBuild(version: string, replacement?: Replacement): OtherBuild {
  const root = mkdtempSync(join(tmpdir(), "holdfast-other-"));
  for (const part of ["bin", "bundle"]) cpSync(join(cli, part), join(root, part), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(cli, "package.json"), "utf8"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ ...manifest, version }));
  if (replacement !== undefined) replace(join(root, "bundle"), replacement);
  return {
    bin: join(root, "bin", "holdfast.js"),
    [Symbol.dispose]() {
      rmSync(root, { recursive: true });
    },
  };
}

function replace(bundle: string, { from, to }: Replacement): void {
  const hits = readdirSync(bundle)
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({
      path: join(bundle, name),
      parts: readFileSync(join(bundle, name), "utf8").split(from),
    }))
    .filter(({ parts }) => parts.length > 1);
  const [hit] = hits;
  if (hit === undefined || hits.length > 1 || hit.parts.length > 2)
    throw new Error(`the bundle does not have this once: ${from}`);
  writeFileSync(hit.path, hit.parts.join(to));
}
