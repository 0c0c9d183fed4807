/** W-08: certificates are checked, and there is no way not to. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeTransport } from "@holdfast/relay/node";
import { createRelay, defaultQuota, openSqliteStore } from "@holdfast/relay/server";
import { ShutdownToken } from "@holdfast/runtime";
import { expect, onTestFinished, test } from "vitest";

/** A certificate of one's own for 127.0.0.1, or undefined where there is no openssl. */
function selfSigned(): { readonly key: string; readonly cert: string } | undefined {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-tls-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
  ]);
  return made.status === 0 ? { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } : undefined;
}

test("W-08 a certificate that nobody vouches for is refused for calls and streams alike; an extra root vouches", async ({
  skip,
}) => {
  const tls = selfSigned();
  if (!tls) return skip("skipped: needs openssl");
  const relay = createRelay({ store: openSqliteStore({ path: ":memory:", quota: defaultQuota }) });
  onTestFinished(() => relay.stop(100));
  const url = new URL("/healthz", await relay.listen({ tls }));
  const statusOf = async (extraCa: readonly string[], isStream: boolean) => {
    using network = nodeTransport({ extraCa });
    const response = await network.request({
      ...{ url, method: "GET", headers: {}, isStream, token: new ShutdownToken() },
    });
    for await (const _ of response.body);
    return response.status;
  };
  for (const isStream of [false, true]) {
    await expect(statusOf([], isStream)).rejects.toMatchObject({ code: "RELAY_UNREACHABLE" });
    expect(await statusOf([tls.cert], isStream)).toBe(200);
  }
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    for (const isStream of [false, true]) {
      await expect(statusOf([], isStream)).rejects.toMatchObject({ code: "RELAY_UNREACHABLE" });
    }
  } finally {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
});
