import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { type AddressInfo, isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const program = new URL("./programs/look-at-url.ts", import.meta.url).pathname;
const names = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost";

test("a look over https checks the certificate, for an address as for a name, and says who came for a name", async ({
  skip,
}) => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-https-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=holdfast", "-addext", names, "-keyout", key, "-out", cert],
  ]);
  if (made.status !== 0) return skip("skipped: needs openssl");
  const asked: unknown[] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    asked.push([request.headers.host, (request.socket as { servername?: unknown }).servername]);
    response.writeHead(request.url === "/bad" ? 500 : 200).end();
  });
  server.listen(0, "localhost");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { address, port } = server.address() as AddressInfo;
  const host = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const urls = [`https://${host}/`, `https://localhost:${port}/`, `https://${host}/bad`];
  const look = async (variables: Readonly<Record<string, string>>) => {
    const env = { ...process.env, ...variables };
    return JSON.parse((await promisify(execFile)(process.execPath, [program, ...urls], { env })).stdout);
  };
  const unknown = { ok: false, text: expect.stringMatching(/^self-signed certificate/) };
  expect(await look({})).toEqual([unknown, unknown, unknown]);
  expect(asked).toEqual([]);
  expect(await look({ NODE_EXTRA_CA_CERTS: cert })).toEqual([
    { ok: true, text: "200" },
    { ok: true, text: "200" },
    { ok: false, text: "500" },
  ]);
  expect(asked).toEqual([
    [host, false],
    [`localhost:${port}`, "localhost"],
    [host, false],
  ]);
});
