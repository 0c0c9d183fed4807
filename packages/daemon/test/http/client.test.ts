import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenUnixSocket } from "@holdfast/platform";
import { expect, onTestFinished, test } from "vitest";
import { methodTable } from "../../src/api/methods.ts";
import { connectDaemon, connectDaemonOverHttp, type DaemonClient } from "../../src/client/index.ts";
import { ApiServer } from "../../src/server.ts";
import { appSpec, projectSpec } from "../fakes/app-spec.ts";
import { fakeDaemon } from "../fakes/fake-daemon.ts";
import { httpRig, token } from "./http-rig.ts";

/** The same calls, whichever way they go. */
async function tries(daemon: DaemonClient, fake: ReturnType<typeof fakeDaemon>): Promise<void> {
  const events: string[] = [];
  const { result } = await daemon.subscribe("events.follow", {}, ({ message }) => void events.push(message));
  expect(result.seq).toBeGreaterThan(0);
  fake.daemon.apply(projectSpec([appSpec("web")]));
  await expect.poll(() => events.length > 0).toBeTruthy();
  const rows = await daemon.call("apps.list", {});
  expect(rows.map(({ name }) => name)).toEqual(["web"]);
  await expect(daemon.call("operations.get", { id: "none" })).rejects.toMatchObject({
    message: expect.stringContaining("no operation none"),
  });
  daemon.close();
}

test("a program talks to the daemon of a home over its socket, with the types of the one method table", async () => {
  const home = mkdtempSync(join(tmpdir(), "holdfast-client-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const fake = fakeDaemon();
  const table = methodTable(fake.daemon, () => {
    throw new Error("no door");
  });
  const api = new ApiServer(fake.daemon, table, async () => undefined);
  const socket = await listenUnixSocket(join(home, "holdfast.sock"), (channel) => api.accept(channel));
  onTestFinished(() => socket[Symbol.asyncDispose]());
  await tries(await connectDaemon(home), fake);
  await expect(connectDaemon(join(home, "nowhere"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("and over HTTP, with the token", async () => {
  const { fake, server } = await httpRig();
  await tries(await connectDaemonOverHttp({ url: server.url, token }), fake);
  await expect(connectDaemonOverHttp({ url: server.url, token: "wrong" })).rejects.toMatchObject({
    code: "CONNECT_FAILED",
    message: expect.stringContaining("401"),
  });
});
