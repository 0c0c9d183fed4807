/** What the tests of the ASVS items share. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { HttpRig } from "../http/http-rig.ts";

export const ping = call("system.healthz");

export function call(method: string, params: unknown = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

/** A browser's cookie, as it is set. */
export async function cookieOf({ ask, sessions, server }: HttpRig): Promise<string> {
  const { headers } = await ask("/login", {
    method: "POST",
    token: null,
    body: JSON.stringify({ code: sessions.makeCode("operate") }),
    headers: { "Content-Type": "application/json", Origin: server.url, "Sec-Fetch-Site": "same-origin" },
  });
  return headers["set-cookie"]?.[0] ?? "";
}

export const sources = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(directory, name));

export const own = new URL("../../src", import.meta.url).pathname;

/** Workers and sockets have messages too: what is looked for is a window's. */
export function onlyWindow(text: string): string {
  return text
    .split("\n")
    .filter((line) => /window|globalThis|^\s*(addEventListener|onmessage)/.test(line))
    .join("\n");
}
