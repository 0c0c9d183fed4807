/** What a request asks for, by its method and path alone. */
import { slotForm } from "../../protocol/index.ts";
import { RelayError } from "../relay-error.ts";

export type Route =
  | { readonly kind: "health" }
  | { readonly kind: "ready" }
  | { readonly kind: "metrics" }
  | { readonly kind: "openapi" }
  | { readonly kind: "append"; readonly slot: string }
  | { readonly kind: "pull"; readonly slot: string }
  | { readonly kind: "stream"; readonly slot: string }
  | { readonly kind: "create-slot" }
  | { readonly kind: "list-slots" }
  | { readonly kind: "get-slot"; readonly slot: string }
  | { readonly kind: "delete-slot"; readonly slot: string }
  | { readonly kind: "mint-token" }
  | { readonly kind: "list-tokens" }
  | { readonly kind: "revoke-token"; readonly id: string };

type ByMethod = Readonly<Partial<Record<string, Route>>>;

/** Throws `NOT_FOUND`; `METHOD_NOT_ALLOWED` with what would be in its message; `BAD_REQUEST` for a name of no slot. */
export function routeOf(method: string, pathname: string): Route {
  const there = routesAt(pathname);
  if (there === undefined)
    throw new RelayError("NOT_FOUND", "there is nothing at this path; see /openapi.json");
  const route = there[method];
  if (route !== undefined) return route;
  throw new RelayError("METHOD_NOT_ALLOWED", `it takes ${Object.keys(there).join(", ")}`);
}

/** The methods that a path takes. */
export function methodsAt(pathname: string): readonly string[] {
  return Object.keys(routesAt(pathname) ?? {});
}

function routesAt(pathname: string): ByMethod | undefined {
  switch (pathname) {
    case "/healthz":
      return { GET: { kind: "health" }, HEAD: { kind: "health" } };
    case "/readyz":
      return { GET: { kind: "ready" }, HEAD: { kind: "ready" } };
    case "/metrics":
      return { GET: { kind: "metrics" } };
    case "/openapi.json":
      return { GET: { kind: "openapi" } };
    case "/v1/slots":
      return { GET: { kind: "list-slots" }, POST: { kind: "create-slot" } };
    case "/v1/tokens":
      return { GET: { kind: "list-tokens" }, POST: { kind: "mint-token" } };
  }
  const [, version, kind, name, rest, more] = pathname.split("/");
  if (version !== "v1" || name === undefined || more !== undefined) return undefined;
  if (kind === "events" && rest === "stream") return { GET: { kind: "stream", slot: slotIn(name) } };
  if (rest !== undefined) return undefined;
  if (kind === "events") {
    return { GET: { kind: "pull", slot: slotIn(name) }, POST: { kind: "append", slot: slotIn(name) } };
  }
  if (kind === "slots") {
    return {
      GET: { kind: "get-slot", slot: slotIn(name) },
      DELETE: { kind: "delete-slot", slot: slotIn(name) },
    };
  }
  const isToken = kind === "tokens" && /^[A-Za-z0-9_-]{1,64}$/.test(name);
  return isToken ? { DELETE: { kind: "revoke-token", id: name } } : undefined;
}

function slotIn(name: string): string {
  if (slotForm.test(name)) return name;
  throw new RelayError(
    "BAD_REQUEST",
    "the name of a slot has lower-case letters, digits, '.', '_', '-', at most 63",
  );
}
