import { readFileSync, statSync } from "node:fs";
import type { HookMachine } from "./outbox.ts";
import { postWebhook } from "./post-webhook.ts";
import { runOwedCommand } from "./run-command.ts";

/** No secret is longer. */
const mostSecretBytes = 4_096;

/** Requests, files and commands of the machine that the daemon runs on. */
export const realHooks: HookMachine = {
  post: postWebhook,
  readSecret(file) {
    const { size } = statSync(file);
    if (size > mostSecretBytes) throw new Error(`${file} is larger than ${mostSecretBytes} bytes`);
    return readFileSync(file, "utf8");
  },
  run: runOwedCommand,
};
