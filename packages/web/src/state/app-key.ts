import type { Target } from "../api.ts";

/** Names one instance in maps and as React's key: `shop/web/1`. */
export function instanceKey({ project, name, instance }: Required<Target>): string {
  return `${project}/${name}/${instance}`;
}

/** Names one app: `shop/web`. */
export function appKey({ project, name }: { readonly project: string; readonly name: string }): string {
  return `${project}/${name}`;
}
