import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** What a program that imports something costs its readers. */
export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

const entryId = "virtual:entry";

/**
 * Bundles and minifies what is left of an entry's imports, as an application's bundler would: sources named by
 * absolute path, nothing external. Throws when something cannot be resolved.
 */
export async function bundleSize(entry: string): Promise<BundleSize> {
  const code = await bundle(entry);
  return { minifiedBytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).byteLength };
}

/** The text of that bundle. */
export async function bundle(entry: string): Promise<string> {
  const build = await rolldown({
    input: entryId,
    platform: "neutral",
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entryId ? id : undefined),
        load: (id) => (id === entryId ? entry : undefined),
      },
    ],
  });
  try {
    const { output } = await build.generate({ format: "esm", minify: true });
    return output.map((part) => (part.type === "chunk" ? part.code : "")).join("");
  } finally {
    await build.close();
  }
}
