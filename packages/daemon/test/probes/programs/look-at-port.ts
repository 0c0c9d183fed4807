/** Looks at a port where nobody listens, then listens there; tells what came of it. `look-at-port.ts PORT` */
import { createServer } from "node:net";
import { lookAtUrl, lookOnce } from "./look-once.ts";

const port = Number(process.argv[2]);
const tcp = await lookOnce({ kind: "tcp", host: "127.0.0.1", port });
const http = await lookAtUrl(`http://127.0.0.1:${port}/`);
const https = await lookAtUrl(`https://127.0.0.1:${port}/`);
const server = createServer();
const listens = await new Promise((resolve) => {
  server.once("error", ({ message }) => resolve(message));
  server.listen(port, "127.0.0.1", () => resolve("listens"));
});
server.close();
console.log(JSON.stringify([tcp, http, https, listens]));
