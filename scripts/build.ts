// Bundles the command into packages/cli/bundle: fewer files to load make it start three times as fast. Then builds the
// dashboard into packages/web/dist, and puts a copy into the bundle, which is all that is published.
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { rolldown } from "rolldown";
import { build } from "vite";

const cli = fileURLToPath(new URL("../packages/cli/", import.meta.url));
const output = `${cli}bundle`;

rmSync(output, { recursive: true, force: true });
const bundle = await rolldown({ input: `${cli}src/index.ts`, platform: "node" });
const { output: chunks } = await bundle.write({
  dir: output,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
});
await bundle.close();

// What the bundle was made of, so that in a checkout the command can tell when it is older than its sources.
const sources = new Set(chunks.flatMap((chunk) => ("moduleIds" in chunk ? chunk.moduleIds : [])));
const made = [...sources]
  .filter((file) => file.startsWith("/") && !file.includes("/node_modules/"))
  .map((file) => {
    const { mtimeMs, size } = statSync(file);
    return [relative(output, file), mtimeMs, size];
  });
writeFileSync(`${output}/sources.json`, JSON.stringify(made));

const web = fileURLToPath(new URL("../packages/web/", import.meta.url));
await build({ root: web, logLevel: "warn" });
// The daemon sends these as they are. What is small is sent as quickly without.
for (const entry of readdirSync(`${web}dist`, { withFileTypes: true, recursive: true })) {
  const file = join(entry.parentPath, entry.name);
  if (entry.isFile() && statSync(file).size >= 1_024) {
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
  }
}
cpSync(`${web}dist`, `${output}/web`, { recursive: true });
