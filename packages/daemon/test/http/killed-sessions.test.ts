import { expect, test } from "vitest";
import { KillableDaemon } from "../faults/killable-daemon.ts";

const json = { "Content-Type": "application/json" };

test("a daemon that is killed as it says who is in, or out, says the same when it is back", async () => {
  const daemon = new KillableDaemon();
  const start = () => daemon.start({ HOLDFAST_HTTP: "" });
  try {
    await start();
    await address(daemon);
    const { url } = await daemon.api.call("sessions.invite", {});
    const [base = "", code] = url.split("/#code=");
    const entered = await fetch(`${base}/login`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ code }),
    });
    await daemon.kill();
    const Cookie = String(entered.headers.get("set-cookie")).split(";", 1)[0] ?? "";
    const session = async (): Promise<number> =>
      (await fetch(`${await address(daemon)}/session`, { headers: { Cookie } })).status;

    await start();
    expect(await address(daemon)).toBe(base);
    expect(await session()).toBe(200);
    const left = await fetch(`${base}/logout`, { method: "POST", headers: { ...json, Cookie }, body: "{}" });
    await daemon.kill();
    expect(left.status).toBe(200);

    await start();
    expect(await session()).toBe(401);
  } finally {
    await daemon.remove();
  }
});

async function address(daemon: KillableDaemon): Promise<string> {
  return (await daemon.api.call("system.info", { settled: true })).http ?? "";
}
