import type { LogStream } from "../api.ts";

/** Which view the address names; everything of it stands in the fragment. */
export type Route =
  | { readonly view: "overview" }
  | { readonly view: "graph"; readonly project: string | null }
  | { readonly view: "app"; readonly project: string; readonly name: string }
  /** `apps` are keys such as `shop/web`; none means all. */
  | {
      readonly view: "logs";
      readonly apps: readonly string[];
      readonly text: string;
      /** Absent: both. */
      readonly stream?: LogStream;
    }
  | { readonly view: "events"; readonly app: string | null }
  | { readonly view: "system" };
export type ViewName = Route["view"];

export function parseRoute(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#?\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/").map(decode);
  const params = new URLSearchParams(query);
  switch (view) {
    case "graph":
      return { view, project: rest[0] ?? null };
    case "apps": {
      const [project, name] = rest;
      return project && name ? { view: "app", project, name } : { view: "overview" };
    }
    case "logs":
      return {
        ...{ view, apps: params.getAll("app"), text: params.get("text") ?? "" },
        ...streamOf(params.get("stream")),
      };
    case "events":
      return { view, app: params.get("app") };
    case "system":
      return { view };
    default:
      return { view: "overview" };
  }
}

/** The fragment that names a view: what a link to it has as `href`. */
export function routeText(route: Route): string {
  switch (route.view) {
    case "overview":
      return "#/";
    case "graph":
      return route.project === null ? "#/graph" : `#/graph/${encodeURIComponent(route.project)}`;
    case "app":
      return `#/apps/${encodeURIComponent(route.project)}/${encodeURIComponent(route.name)}`;
    case "logs": {
      const params = new URLSearchParams(route.apps.map((app) => ["app", app]));
      if (route.text !== "") params.set("text", route.text);
      if (route.stream !== undefined) params.set("stream", route.stream);
      return params.size === 0 ? "#/logs" : `#/logs?${params}`;
    }
    case "events":
      return route.app === null ? "#/events" : `#/events?${new URLSearchParams({ app: route.app })}`;
    case "system":
      return "#/system";
  }
}

export function appRoute({ project, name }: { readonly project: string; readonly name: string }): string {
  return routeText({ view: "app", project, name });
}

function streamOf(text: string | null): { readonly stream?: LogStream } {
  return text === "stdout" || text === "stderr" ? { stream: text } : {};
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
