import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/** What a program pays that starts tasks, waits for them and cancels them: min+gzip bytes by contender. */
export async function bundleSizes(): Promise<Readonly<Record<string, number>>> {
  const here = import.meta.dirname;
  const runtime = JSON.stringify(join(here, "../../packages/runtime/src/index.ts"));
  const library = (name: string) => JSON.stringify(join(here, "node_modules", name));
  const entries = {
    holdfast: `export { ShutdownToken, TaskRegistry } from ${runtime};`,
    "effect-run-fork": `
      export { runFork, runPromise, promise, never } from ${library("effect/dist/Effect.js")};
      export { interruptAll } from ${library("effect/dist/Fiber.js")};`,
    "effect-scope": `
      export { runPromise, gen, promise, forkIn, never } from ${library("effect/dist/Effect.js")};
      export { makeUnsafe, close } from ${library("effect/dist/Scope.js")};`,
    effection: `export { createScope, run, spawn, suspend, until } from ${library("effection/esm/mod.js")};`,
    "p-queue": `export { default } from ${library("p-queue/dist/index.js")};`,
  };
  const sizes: Record<string, number> = {};
  for (const [name, entry] of Object.entries(entries)) sizes[name] = await gzippedSize(entry);
  return sizes;
}

async function gzippedSize(entry: string): Promise<number> {
  const build = await rolldown({
    input: "entry",
    external: /^node:/,
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? id : undefined),
        load: (id) => (id === "entry" ? entry : undefined),
      },
    ],
  });
  try {
    const { output } = await build.generate({ format: "esm", minify: true });
    const code = output.map((part) => (part.type === "chunk" ? part.code : "")).join("");
    return gzipSync(code, { level: 9 }).byteLength;
  } finally {
    await build.close();
  }
}
