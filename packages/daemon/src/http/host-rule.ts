/** Which requests are meant for us, by their `Host`: a page of another site whose name leads here is refused. Pure. */
import type { IncomingMessage } from "node:http";

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

const fine: Verdict = { ok: true };

/** A host name or IPv4 address or bracketed IPv6 address, and perhaps a port. No user, no path, no space. */
const hostForm = /^(?<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?$/;

/**
 * Exactly one `Host`, which names this machine's loopback or one of `names`. An absolute request target must say the
 * same. A port is not compared: a tunnel may use another one.
 */
export function hostVerdict(
  request: Pick<IncomingMessage, "rawHeaders" | "url">,
  names: readonly string[] = [],
): Verdict {
  const hosts = headerValues(request.rawHeaders, "host");
  const [host, second] = hosts;
  if (host === undefined) return refuse("no Host");
  if (second !== undefined) return refuse("more than one Host");
  const { url = "" } = request;
  if (!url.startsWith("/")) {
    const authority = /^[a-z]+:\/\/(?<authority>[^/?#]*)/i.exec(url)?.groups?.["authority"];
    if (authority?.toLowerCase() !== host.toLowerCase()) return refuse("a request target for another host");
  }
  const { name, port } = hostForm.exec(host.toLowerCase())?.groups ?? {};
  if (name === undefined) return refuse("a Host that is none");
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return refuse("a Host that is none");
  if (isLoopback(name) || names.includes(name)) return fine;
  return refuse(`the Host ${name}, which is not allowed`);
}

/** An address of the loopback, or a name that resolvers keep to it (RFC 6761). */
export function isLoopback(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost") || name === "[::1]") return true;
  const parts = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(name);
  return parts?.slice(1).every((part) => Number(part) <= 255) ?? false;
}

/**
 * Whether the page that sends a request, if it is a page that does, is ours. A request without `Origin` and
 * `Sec-Fetch-Site` comes from a program.
 */
export function originVerdict(
  request: Pick<IncomingMessage, "rawHeaders">,
  origins: readonly string[],
): Verdict {
  const [origin, second] = headerValues(request.rawHeaders, "origin");
  if (second !== undefined) return refuse("more than one Origin");
  if (origin !== undefined && !origins.includes(origin)) return refuse("an Origin that is not ours");
  const [site] = headerValues(request.rawHeaders, "sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return refuse("another site's page");
  return fine;
}

/** The path of a request's target, as sent: no query, nothing resolved. Never throws, whatever the target is. */
export function pathOf({ url = "/" }: Pick<IncomingMessage, "url">): string {
  const target = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?#]*/i, "");
  const [path = ""] = target.split(/[?#]/, 1);
  return path === "" ? "/" : path;
}

/** Every value of a header, as sent: Node keeps only the first `Host`. */
function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

function refuse(why: string): Verdict {
  return { ok: false, why };
}
