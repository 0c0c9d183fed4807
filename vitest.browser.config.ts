// The tests that need nothing of Node, in headless Chromium.
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromium, nodeOnly, suites } from "./test/engines/chromium.ts";
import { poll } from "./test/engines/poll.ts";
import { reporters } from "./test/engines/reporters.ts";

const browser = (executablePath: string) => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({ launchOptions: { executablePath } }),
  instances: [{ browser: "chromium" as const }],
});

export default defineConfig({
  // With these a page may share memory with its workers.
  server: {
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  cacheDir: "node_modules/.vite-browser",
  test: {
    reporters: reporters("chromium"),
    expect: { poll },
    testTimeout: 60_000,
    ...(chromium === undefined
      ? { include: ["test/engines/no-chromium.ts"] }
      : {
          include: suites,
          exclude: Object.keys(nodeOnly),
          browser: browser(chromium),
        }),
  },
});
