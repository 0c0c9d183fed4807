// Takes orders over HTTP: GET / lists them, POST /orders?item=NAME places one.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "./connect.ts";

const port = Number(process.env["PORT"]);
const db = await connect();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", `http://127.0.0.1:${port}`);
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
  };
  try {
    if (url.pathname === "/health") {
      await db.query("SELECT 1");
      answer(200, { ok: true });
    } else if (request.method === "POST" && url.pathname === "/orders") {
      const item = url.searchParams.get("item") ?? "tea";
      const { rows } = await db.query("INSERT INTO orders (item) VALUES ($1) RETURNING id, item", [item]);
      console.log(`order ${rows[0].id}: ${item}`);
      answer(201, rows[0]);
    } else if (url.pathname === "/") {
      const { rows } = await db.query(
        "SELECT id, item, placed, shipped FROM orders ORDER BY id DESC LIMIT 20",
      );
      answer(200, rows);
    } else {
      answer(404, { error: `nothing at ${url.pathname}` });
    }
  } catch (error) {
    console.error(error);
    answer(500, { error: String(error) });
  }
}

const server = createServer((request, response) => void serve(request, response));
server.listen(port, "127.0.0.1", () => console.log(`open on http://127.0.0.1:${port}/`));

process.once("SIGTERM", () => {
  console.log("closing");
  server.close(() => void db.end());
  server.closeIdleConnections();
});
