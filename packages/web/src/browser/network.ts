/** The only place where the page reaches out: to the server that it came from, and to no other. */

/** What the server says of the browser's cookie. `serverMs`: its wall clock, to a second. */
export type SessionAnswer =
  | {
      readonly kind: "in";
      readonly role: "operate" | "read";
      readonly id: string | null;
      readonly serverMs: number;
    }
  | { readonly kind: "out" }
  | { readonly kind: "unreachable" };

export interface Network {
  /** A WebSocket that is being opened. */
  openWebSocket(): WebSocket;
  session(): Promise<SessionAnswer>;
  /** Exchanges a one-time code for a cookie; the server's words when it refuses. */
  logIn(code: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly why: string }>;
  logOut(): Promise<void>;
}

export const browserNetwork: Network = {
  openWebSocket: () =>
    new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`),

  async session() {
    const response = await fetch("/session", { cache: "no-store" }).catch(() => undefined);
    if (response === undefined || response.status >= 500) return { kind: "unreachable" };
    if (!response.ok) return { kind: "out" };
    const { role, id } = (await response.json()) as { readonly role?: unknown; readonly id?: unknown };
    return {
      kind: "in",
      role: role === "read" ? "read" : "operate",
      id: typeof id === "string" ? id : null,
      serverMs: Date.parse(response.headers.get("date") ?? "") || Date.now(),
    };
  },

  async logIn(code) {
    const body = JSON.stringify({ code });
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/login", { method: "POST", headers, body }).catch(() => undefined);
    if (response === undefined) return { ok: false, why: "the daemon cannot be reached: is it running?" };
    return response.ok ? { ok: true } : { ok: false, why: (await response.text()).trim() };
  },

  async logOut() {
    const headers = { "Content-Type": "application/json" };
    await fetch("/logout", { method: "POST", headers, body: "{}" }).catch(() => undefined);
  },
};
