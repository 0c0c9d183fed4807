/** The dashboard's files, as they were built: served as they are, to anybody who reached the loopback. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import type { Clock } from "@holdfast/runtime";
import { refuse, replyBytes, replyText } from "./reply.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** What a page may load: what it came from, and nothing else. */
export const pagePolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const notBuilt = `The dashboard is not built here.

In a checkout of Holdfast: npm run build
Then load this page again. The API is at /rpc and /ws; holdfast ps, logs and why show the same in a terminal.
`;

/** What a file is packed as when the dashboard is built: every browser takes that from the loopback. */
const packing = { name: "br", ending: ".br" } as const;

/** Files are looked for again, after a build, no more often than this. */
const lookAgainMs = 1_000;

/** The name has a hash of the content in it: another content has another name. */
const hashed = /^\/assets\/.*-[\w-]{8,}\.\w+$/;

export class Pages {
  readonly #directory: string | undefined;
  readonly #clock: Clock;
  /** What is asked for, and where it is: a path that is not in it leads nowhere. */
  #files: ReadonlyMap<string, string> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `directory` has an `index.html`; undefined where no dashboard was built. */
  constructor(directory: string | undefined, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Answers if the path is a page's. */
  answer(pathname: string, request: IncomingMessage, response: ServerResponse): boolean {
    const path = pathname === "/" ? "/index.html" : pathname;
    const file = this.#find(path);
    if (file === undefined && pathname !== "/") return false;
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(response, 405, "GET only", { Allow: "GET, HEAD" });
    } else if (file === undefined) replyText(response, 404, notBuilt);
    else this.#send(path, file, request, response);
    return true;
  }

  #send(path: string, file: string, request: IncomingMessage, response: ServerResponse): void {
    const accepted = acceptedEncodings(request.headers["accept-encoding"]);
    const packed = accepted.has(packing.name) ? this.#files.get(path + packing.ending) : undefined;
    const sent = packed ?? file;
    const { mtimeMs, size } = statSync(sent);
    const tag = `"${Math.floor(mtimeMs).toString(36)}-${size.toString(36)}${packed === undefined ? "" : packing.ending}"`;
    const headers = {
      "Content-Type": types[extname(path)] ?? "application/octet-stream",
      "Cache-Control": hashed.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
      "Content-Security-Policy": pagePolicy,
      ETag: tag,
      Vary: "Accept-Encoding",
      ...(packed === undefined ? {} : { "Content-Encoding": packing.name }),
    };
    const isKnown = (request.headers["if-none-match"] ?? "").split(",").some((each) => each.trim() === tag);
    if (isKnown) replyBytes(response, 304, undefined, headers);
    else replyBytes(response, 200, readFileSync(sent), headers);
  }

  #find(path: string): string | undefined {
    const isOld = this.#files.size === 0 || this.#clock.monotonic() - this.#lookedAt > lookAgainMs;
    if (isOld && (!this.#files.has(path) || path === "/index.html")) this.#look();
    return this.#files.get(path);
  }

  #look(): void {
    this.#lookedAt = this.#clock.monotonic();
    this.#files = this.#directory === undefined ? new Map() : filesBelow(this.#directory);
  }
}

/** Regular files by the path they are asked for; links are not followed. */
function filesBelow(directory: string): ReadonlyMap<string, string> {
  try {
    const files = readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
      .map(({ parentPath, name }) => join(parentPath, name));
    return new Map(files.map((file) => [`/${relative(directory, file).split(sep).join("/")}`, file]));
  } catch {
    return new Map();
  }
}

/** Names of codings that a client takes; one with `q=0` it does not. */
function acceptedEncodings(header: string | string[] | undefined): ReadonlySet<string> {
  const parts = `${header ?? ""}`.split(",").map((part) => part.trim().toLowerCase());
  return new Set(
    parts
      .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map((part) => part.split(";", 1)[0]?.trim() ?? ""),
  );
}
