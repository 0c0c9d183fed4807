/** Clients of the API that come, ask for this and that, and go, some without a word. */
import { connect } from "node:net";
import { systemClock } from "@holdfast/runtime";
import type { Api, KillableDaemon } from "../../packages/daemon/test/faults/killable-daemon.ts";

const project = "shop";

/** One of each kind; resolves when all have gone. Rejects when one was not answered. */
export async function clientsCome(daemon: KillableDaemon, name: string, web: WebAccess): Promise<number> {
  const kinds = [asks, followsLogs, followsEvents, breaksOff, overHttp, overServerSentEvents];
  await Promise.all(kinds.map((kind) => kind(daemon, name, web)));
  return kinds.length;
}

export interface WebAccess {
  readonly url: string;
  readonly token: string;
}

async function asks(daemon: KillableDaemon, name: string): Promise<void> {
  await withClient(daemon, async (api) => {
    await api.call("system.info", {});
    await api.call("apps.list", {});
    await api.call("apps.get", { project, name });
    await api.call("operations.list", {});
    await api.call("events.read", { last: 50 });
    await api.call("logs.read", { targets: [{ project, name }], lines: 200 });
  });
}

async function followsLogs(daemon: KillableDaemon): Promise<void> {
  await withClient(daemon, async (api) => {
    let lines = 0;
    const followed = await api.subscribe("logs.follow", { targets: [{ project }], lines: 5 }, (event) => {
      lines += event.lines.length;
    });
    await daemon.until("a follower of all logs heard them", () => lines >= 500, 30_000);
    await followed.cancel();
  });
}

async function followsEvents(daemon: KillableDaemon): Promise<void> {
  await withClient(daemon, async (api) => {
    const followed = await api.subscribe("events.follow", {}, () => {});
    await systemClock.sleep(1_000);
    await followed.cancel();
  });
}

/** Goes while it is being told things. */
async function breaksOff(daemon: KillableDaemon): Promise<void> {
  await withClient(daemon, async (api) => {
    // Not all of them: what it costs is to be the same at the end as at the beginning.
    const last = await api.call("events.read", { last: 200 });
    await api.subscribe("events.follow", { after: last[0]?.seq ?? 0 }, () => {});
    await api.subscribe("logs.follow", { targets: [{ project }], lines: 100 }, () => {});
  });
}

async function overHttp(_daemon: KillableDaemon, _name: string, { url, token }: WebAccess): Promise<void> {
  const response = await fetch(new URL("/rpc", url), {
    method: "POST",
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      Connection: "close",
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "apps.list", params: {} }),
  });
  const { result } = (await response.json()) as { readonly result?: readonly unknown[] };
  if (result === undefined || result.length === 0) throw new Error(`POST /rpc answered ${response.status}`);
}

async function overServerSentEvents(_daemon: KillableDaemon, _name: string, web: WebAccess): Promise<void> {
  const { port } = new URL(web.url);
  const socket = connect(Number(port), "127.0.0.1");
  const heard = new Promise<string>((resolve, reject) => {
    socket.once("data", (chunk) => resolve(chunk.toString()));
    socket.once("error", reject);
  });
  socket.write(
    `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${web.token}\r\n\r\n`,
  );
  if (!(await heard).startsWith("HTTP/1.1 200")) throw new Error(`GET /events answered ${await heard}`);
  await systemClock.sleep(500);
  socket.destroy();
}

async function withClient(daemon: KillableDaemon, work: (api: Api) => Promise<void>): Promise<void> {
  const api = await daemon.connect();
  try {
    await work(api);
  } finally {
    api.close();
    await api.closed;
  }
}
