// PostgreSQL in WebAssembly, behind a socket that every PostgreSQL client can connect to.
import { mkdirSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const directory = process.env["DATA"] ?? ".data";
mkdirSync(directory, { recursive: true });
const db = await PGlite.create({ dataDir: directory });
const server = new PGLiteSocketServer({
  db,
  host: "127.0.0.1",
  port: Number(process.env["PORT"]),
  maxConnections: 20,
});
await server.start();
console.log(`listening on 127.0.0.1:${process.env["PORT"]}, data in ${directory}`);

async function close(): Promise<void> {
  console.log("closing");
  await server.stop();
  await db.close();
  process.exit(0);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void close());
