import { defineConfig } from "vite";

/** Where a daemon is that `npm run dev` shows: `holdfast daemon status` prints it. */
const daemon = process.env["HOLDFAST_URL"] ?? "http://127.0.0.1:7777";
// The daemon refuses what comes from another origin than its own.
const headers = { host: new URL(daemon).host, origin: daemon };
const passOn = { target: daemon, headers, ws: true };

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: "es2024",
    // From the spring of 2024 on, which know light-dark().
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      onwarn: (warning, warn) => {
        // What is said to frameworks that render on a server means nothing here.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  server: { proxy: { "/ws": passOn, "/session": passOn, "/login": passOn, "/logout": passOn } },
});
