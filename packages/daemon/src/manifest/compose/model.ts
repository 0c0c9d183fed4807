/** All files of a project as one set of services: extended, included, and merged in order. */

import type { ManifestFile } from "../load-context.ts";
import type { LocatedMap, LocatedScalar } from "../located.ts";
import { formatLocation } from "../problem.ts";
import { readDocument, type Scope } from "./document.ts";
import { ExtendsResolver } from "./extends.ts";
import { readIncludes } from "./include.ts";
import { mergeServices, withoutResets } from "./merge.ts";
import { withDirectory } from "./normalize-service.ts";
import type { SecretDefinition, SecretDefinitions } from "./secrets.ts";
import type { WebhookDefinition } from "./webhooks.ts";

export interface Service {
  readonly name: string;
  /** Where its name stands in the file that says most of it. */
  readonly location: LocatedMap["location"];
  readonly settings: LocatedMap;
}

export interface Model {
  readonly name?: LocatedScalar;
  readonly services: ReadonlyMap<string, Service>;
  readonly secrets: SecretDefinitions;
  /** By name; the later lies over the earlier as a whole. */
  readonly webhooks: ReadonlyMap<string, WebhookDefinition>;
  /** Every file that had a part in it, by absolute path. */
  readonly files: readonly string[];
}

/** Reads and merges files that are one model; the later lies over the earlier. Code `duplicate-service`. */
export function readModel(files: readonly ManifestFile[], scope: Scope): Model {
  const services = new Map<string, Service>();
  const paths = new Set<string>();
  const secrets = new Map<string, SecretDefinition>();
  const webhooks = new Map<string, WebhookDefinition>();
  let name: LocatedScalar | undefined;
  for (const file of files) {
    paths.add(file.path);
    const layer = readLayer(file, scope);
    name = layer.name ?? name;
    for (const path of layer.files) paths.add(path);
    for (const [key, secret] of layer.secrets) secrets.set(key, secret);
    for (const [key, webhook] of layer.webhooks) webhooks.set(key, webhook);
    for (const service of layer.services.values()) layOver(services, service);
  }
  for (const service of services.values()) {
    const settings = withDirectory(withoutResets(service.settings), scope.directory);
    services.set(service.name, { ...service, settings });
  }
  return { ...(name === undefined ? {} : { name }), services, secrets, webhooks, files: [...paths] };
}

function layOver(services: Map<string, Service>, service: Service): void {
  const below = services.get(service.name);
  if (service.settings.tag === "!reset") services.delete(service.name);
  else if (below === undefined || service.settings.tag === "!override") services.set(service.name, service);
  else services.set(service.name, { ...below, settings: mergeServices(below.settings, service.settings) });
}

/** One file with what it includes; a name may come from one of them only. */
function readLayer(file: ManifestFile, scope: Scope): Model {
  const services = new Map<string, Service>();
  const document = readDocument(file, scope);
  if (document === undefined) return { services, secrets: new Map(), webhooks: new Map(), files: [] };
  const secrets = new Map<string, SecretDefinition>();
  const webhooks = new Map<string, WebhookDefinition>();
  const files: string[] = [];
  const resolver = new ExtendsResolver(document, scope);
  for (const entry of document.services.entries.values()) {
    services.set(entry.key, {
      name: entry.key,
      location: entry.keyLocation,
      settings: resolver.resolve(entry),
    });
  }
  if (document.include !== undefined) {
    for (const included of readIncludes(document.include, scope)) {
      const model = readModel(included.files, included.scope);
      files.push(...model.files);
      for (const [key, secret] of model.secrets) secrets.set(key, secret);
      for (const [key, webhook] of model.webhooks) webhooks.set(key, webhook);
      for (const service of model.services.values()) addIncluded(services, service, scope);
    }
  }
  for (const [key, secret] of document.secrets) secrets.set(key, secret);
  for (const webhook of document.webhooks) webhooks.set(webhook.entry.key, webhook);
  return {
    ...(document.name === undefined ? {} : { name: document.name }),
    services,
    secrets,
    webhooks,
    files,
  };
}

function addIncluded(services: Map<string, Service>, service: Service, { context }: Scope): void {
  const own = services.get(service.name);
  if (own === undefined) {
    services.set(service.name, service);
    return;
  }
  const [here, there] = [formatLocation(own.location), formatLocation(service.location)];
  // The same file included on two ways gives the same service twice, which is no conflict.
  if (here === there) return;
  const message = `the service "${service.name}" is defined a second time; the other is at ${there}`;
  context.problems.add(
    "duplicate-service",
    message,
    own.location,
    "an included file cannot be changed by the one that includes it",
  );
}
