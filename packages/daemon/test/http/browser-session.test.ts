import { expect, test } from "vitest";
import { type HttpRig, httpRig } from "./http-rig.ts";

const json = { "Content-Type": "application/json" };

async function logIn({ ask, sessions }: HttpRig, role: "operate" | "read"): Promise<string> {
  const body = JSON.stringify({ code: sessions.makeCode(role) });
  const { headers } = await ask("/login", { method: "POST", token: null, headers: json, body });
  return String(headers["set-cookie"]).split(";", 1)[0] ?? "";
}

test("a page can ask whose session it has, and is told 401 where it has none", async () => {
  const rig = await httpRig();
  expect((await rig.ask("/session", { token: null })).status).toBe(401);
  const Cookie = await logIn(rig, "read");
  const { status, text } = await rig.ask("/session", { token: null, headers: { Cookie } });
  expect([status, JSON.parse(text)]).toEqual([200, { role: "read", id: rig.sessions.list()[0]?.id }]);
  expect(JSON.parse((await rig.ask("/session")).text)).toEqual({ role: "operate", id: null });
});

test("who logs out is out: its cookie, its WebSocket and its events end, and nobody else's", async () => {
  const rig = await httpRig();
  const Cookie = await logIn(rig, "operate");
  const other = await logIn(rig, "operate");
  const [mine, theirs] = [await rig.openWebSocket({ Cookie }), await rig.openWebSocket({ Cookie: other })];
  if (typeof mine === "number" || typeof theirs === "number") throw new Error("not let in");
  const closed = new Promise<void>((resolve) => mine.once("close", () => resolve()));
  const get = await rig.ask("/logout", { token: null, headers: { Cookie } });
  expect(get.status).toBe(405);
  const out = await rig.ask("/logout", {
    method: "POST",
    token: null,
    headers: { ...json, Cookie },
    body: "{}",
  });
  expect(out.status).toBe(200);
  expect(String(out.headers["set-cookie"])).toMatch(/Max-Age=0$/);
  await closed;
  expect((await rig.ask("/session", { token: null, headers: { Cookie } })).status).toBe(401);
  expect((await rig.ask("/session", { token: null, headers: { Cookie: other } })).status).toBe(200);
  expect(theirs.readyState).toBe(theirs.OPEN);
});
