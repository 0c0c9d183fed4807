import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenUnixSocket } from "@holdfast/platform";
import { serve } from "@holdfast/rpc";
import { describe, expect, onTestFinished, test } from "vitest";
import { arithmetic } from "../../../rpc/test/arithmetic.ts";
import { exchanges } from "../../../rpc/test/specification-exchanges.ts";
import { httpRig } from "./http-rig.ts";

/** The specification's methods behind a real Unix socket, and a client that sends bytes as they are. */
async function socketRig(): Promise<{ readonly socket: Socket; readonly replies: () => readonly unknown[] }> {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-socket-"));
  const path = join(directory, "s");
  const server = await listenUnixSocket(path, (channel) => void serve(channel, arithmetic, {}));
  const socket = connect(path);
  onTestFinished(async () => {
    socket.destroy();
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return {
    socket,
    replies: () =>
      text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
  };
}

const last = '{"jsonrpc":"2.0","method":"sum","params":[1],"id":"last"}';
const isLast = (reply: unknown): boolean =>
  typeof reply === "object" && reply !== null && "id" in reply && reply.id === "last";

test.each(exchanges)("JSON-RPC §7 over the Unix socket: %s", async (_, request, expected) => {
  const { socket, replies } = await socketRig();
  // One text a line: what the specification prints in several is sent in one, as JSON may be.
  socket.write(`${request.replaceAll("\n", " ")}\n${last}\n`);
  await expect.poll(() => replies().some(isLast)).toBeTruthy();
  expect(replies().filter((reply) => !isLast(reply))).toEqual(expected);
});

const vectors = new URL("../../../../../shared/vectors/json/parsing/", import.meta.url);
const names = existsSync(vectors) ? readdirSync(vectors) : [];
const bytesOf = (name: string): Buffer => readFileSync(new URL(encodeURIComponent(name), vectors));
const codes = (reply: unknown): unknown =>
  (Array.isArray(reply) ? reply : [reply]).map((each: { error?: { code: number } }) => each.error?.code)[0];

describe.skipIf(names.length === 0)("T7: JSONTestSuite", () => {
  test("over the Unix socket: each broken text is answered with -32700, and the call after it too", async () => {
    const { socket, replies } = await socketRig();
    const lines = names.map(bytesOf).filter((bytes) => !bytes.includes("\n"));
    const expected = names.filter((name) => !bytesOf(name).includes("\n"));
    for (const [index, bytes] of lines.entries()) {
      const before = replies().length;
      socket.write(Buffer.concat([bytes, Buffer.from("\n")]));
      await expect.poll(() => replies().length > before, { interval: 1 }).toBeTruthy();
      const name = expected[index] ?? "";
      if (name.startsWith("n_")) expect([name, codes(replies()[before])]).toEqual([name, -32700]);
    }
    // Those with a line end in them are several texts here, and none of them may do harm either.
    for (const name of names) if (bytesOf(name).includes("\n")) socket.write(bytesOf(name));
    socket.write(`\n${last}\n`);
    await expect.poll(() => replies().some(isLast)).toBeTruthy();
    expect(lines.length).toBeGreaterThan(250);
  });

  test("over HTTP: each broken text is answered with -32700, and the call after it too", async () => {
    const { post, errors } = await httpRig();
    for (const name of names) {
      const { status, text } = await post("", { body: bytesOf(name) });
      expect([name, status]).toEqual([name, 200]);
      const code = codes(JSON.parse(text));
      if (name.startsWith("n_")) expect([name, code]).toEqual([name, -32700]);
      else if (name.startsWith("y_")) expect([name, code]).not.toEqual([name, -32700]);
    }
    expect((await post('{"jsonrpc":"2.0","id":1,"method":"system.healthz"}')).text).toContain('"ok":true');
    expect(errors).toEqual([]);
  });
});
