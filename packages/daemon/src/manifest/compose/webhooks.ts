/** `webhooks`, at the top of a file: addresses that events of the project are sent to. */
import { posix } from "node:path";
import { eventNames } from "../../hooks/event-names.ts";
import { usualWebhook, type Webhook, webhookUrlFault } from "../../hooks/hook-spec.ts";
import { appNamePattern } from "../../spec/app-name.ts";
import { type LoadContext, resolvePath } from "../load-context.ts";
import type { LocatedEntry } from "../located.ts";
import { didYouMean } from "../nearest.ts";
import { MapReader } from "../reader.ts";

/** A webhook as a file defines it. */
export interface WebhookDefinition {
  readonly entry: LocatedEntry;
  /** What a relative path is meant from. */
  readonly directory: string;
}

const mostWebhooks = 20;

/** Codes `invalid-value`, `invalid-name`, `unknown-service`, `missing-key` and those of the reader. */
export function readWebhooks(
  definitions: readonly WebhookDefinition[],
  apps: readonly string[],
  context: LoadContext,
): readonly Webhook[] | undefined {
  if (definitions.length > mostWebhooks) {
    const message = `the project has more than ${mostWebhooks} webhooks`;
    context.problems.add("invalid-value", message, definitions[mostWebhooks]?.entry.keyLocation);
  }
  const webhooks = definitions.flatMap((definition) => readWebhook(definition, apps, context) ?? []);
  return definitions.length === 0 ? undefined : webhooks;
}

function readWebhook(
  { entry, directory }: WebhookDefinition,
  apps: readonly string[],
  context: LoadContext,
): Webhook | undefined {
  const { problems } = context;
  const path = `webhooks.${entry.key}`;
  if (!appNamePattern.test(entry.key))
    problems.add("invalid-name", `${JSON.stringify(entry.key)} is no name for a webhook`, entry.keyLocation);
  if (entry.value.kind !== "map") {
    problems.add("wrong-type", `${path} must be a map with a url`, entry.keyLocation);
    return undefined;
  }
  const read = new MapReader(entry.value, path, problems);
  const url = read.text("url");
  const events = read.textList("events");
  const only = read.textList("apps");
  const secret = read.text("secret_file");
  const timeoutMs = read.durationMs("timeout");
  const giveUpAfterMs = read.durationMs("give_up_after");
  read.finish({
    secret: "a secret in a manifest is one for everybody who reads it; name a file under secret_file",
    insecure: "certificates are checked always",
    headers: "what authorizes a request is its signature; see secret_file",
  });
  if (!read.has("url")) read.missing("url");
  const fault = url === undefined ? undefined : webhookUrlFault(url);
  if (fault !== undefined) read.wrong("invalid-value", "url", fault);
  for (const name of events ?? []) {
    if (eventNames.includes(name)) continue;
    read.wrong(
      "invalid-value",
      "events",
      `there is no event ${JSON.stringify(name)}`,
      didYouMean(name, eventNames),
    );
  }
  for (const name of only ?? []) {
    if (apps.includes(name)) continue;
    read.wrong(
      "unknown-service",
      "apps",
      `there is no service ${JSON.stringify(name)}`,
      didYouMean(name, apps),
    );
  }
  if (timeoutMs !== undefined && timeoutMs < 1)
    read.wrong("invalid-value", "timeout", "it must be longer than nothing");
  if (url === undefined) return undefined;
  return {
    name: entry.key,
    url,
    events: events ?? usualWebhook.events,
    ...(only === undefined ? {} : { apps: only }),
    ...(secret === undefined ? {} : { secretFile: posix.normalize(resolvePath(context, directory, secret)) }),
    timeoutMs: timeoutMs ?? usualWebhook.timeoutMs,
    giveUpAfterMs: giveUpAfterMs ?? usualWebhook.giveUpAfterMs,
  };
}
