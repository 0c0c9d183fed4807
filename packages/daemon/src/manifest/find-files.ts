/** Which files are meant when nobody names one. */
import { join } from "node:path";
import type { ManifestSources } from "./load-context.ts";

/** The names looked for, the first found wins; what lies beside it and belongs over it. */
const candidates: readonly { readonly name: string; readonly overrides: readonly string[] }[] = [
  { name: "holdfast.yaml", overrides: overridesOf("holdfast") },
  { name: "holdfast.yml", overrides: overridesOf("holdfast") },
  { name: "compose.yaml", overrides: overridesOf("compose") },
  { name: "compose.yml", overrides: overridesOf("compose") },
  { name: "docker-compose.yaml", overrides: overridesOf("docker-compose") },
  { name: "docker-compose.yml", overrides: overridesOf("docker-compose") },
  { name: "process-compose.yaml", overrides: overridesOf("process-compose") },
  { name: "process-compose.yml", overrides: overridesOf("process-compose") },
  { name: "Procfile", overrides: [] },
];

export const manifestNames: readonly string[] = candidates.map(({ name }) => name);

/** The manifest of a directory and its override, by name; empty when there is none. */
export function findManifest(directory: string, sources: ManifestSources): readonly string[] {
  const exists = (name: string): boolean => {
    const found = sources.readText(join(directory, name));
    return found.kind === "text" || found.kind === "too-large";
  };
  const found = candidates.find(({ name }) => exists(name));
  if (found === undefined) return [];
  const override = found.overrides.find(exists);
  return override === undefined ? [found.name] : [found.name, override];
}

function overridesOf(stem: string): readonly string[] {
  return [`${stem}.override.yaml`, `${stem}.override.yml`];
}
