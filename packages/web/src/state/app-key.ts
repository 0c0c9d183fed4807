import type { LogStream, Target } from "../api.ts";

/** Names one instance in maps and as React's key: `shop/web/1`. */
export function instanceKey({ project, name, instance }: Required<Target>): string {
  return `${project}/${name}/${instance}`;
}

/** Names one log: of an instance, or of its stderr where that has one of its own. */
export function logKey(log: Required<Target> & { readonly stream?: LogStream }): string {
  return log.stream === "stderr" ? `${instanceKey(log)}/stderr` : instanceKey(log);
}

/** Names one app: `shop/web`. */
export function appKey({ project, name }: { readonly project: string; readonly name: string }): string {
  return `${project}/${name}`;
}
