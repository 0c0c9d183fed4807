/** `user` and `group_add`: who an app is. That a name is unknown is told here where that can be known for sure. */
import type { LoadContext } from "../load-context.ts";
import { didYouMean } from "../nearest.ts";
import type { MapReader } from "../reader.ts";

/** Adds `unknown-user` or `unknown-group` for a name that this machine does not know. Numbers are always good. */
export function checkIdentity(
  service: MapReader,
  user: string | undefined,
  groups: readonly string[] | undefined,
  context: LoadContext,
): void {
  const [name = "", group = ""] = (user ?? "").split(":", 2);
  if (user !== undefined && (name === "" || user.split(":").length > 2)) {
    service.wrong("invalid-value", "user", `${JSON.stringify(user)} is no user`, "USER or USER:GROUP");
    return;
  }
  expectKnown(service, "user", "user", name, context);
  expectKnown(service, "user", "group", group, context);
  for (const each of groups ?? []) expectKnown(service, "group_add", "group", each, context);
}

function expectKnown(
  service: MapReader,
  key: string,
  kind: "user" | "group",
  name: string,
  context: LoadContext,
): void {
  if (name === "" || /^\d+$/.test(name)) return;
  const known = knownNames(kind, context);
  if (known === undefined || known.includes(name)) return;
  const message = `there is no ${kind} ${JSON.stringify(name)} on this machine`;
  service.wrong(`unknown-${kind}`, key, message, didYouMean(name, known));
}

/** All names there are; undefined where some may come from a place that is not a file, such as a directory service. */
function knownNames(kind: "user" | "group", { sources }: LoadContext): readonly string[] | undefined {
  const database = kind === "user" ? "passwd" : "group";
  const file = sources.readText(`/etc/${database}`);
  if (file.kind !== "text") return undefined;
  const order = sources.readText("/etc/nsswitch.conf");
  const places =
    order.kind === "text" ? new RegExp(`^${database}:(.*)$`, "m").exec(order.text)?.[1] : "files";
  const isLocal = (places ?? "files")
    .trim()
    .split(/\s+/)
    .every((place) => place === "files" || place === "systemd" || place === "compat");
  return isLocal ? file.text.split("\n").flatMap((line) => line.split(":")[0] || []) : undefined;
}
