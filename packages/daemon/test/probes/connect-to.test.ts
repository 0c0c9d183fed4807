import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const port = 40_000;
/** A network in which every connection comes from that port. */
const alone = `ip link set lo up && echo "${port} ${port}" >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"`;
const inNetwork = (...command: readonly string[]) =>
  spawnSync("unshare", ["-n", "sh", "-c", alone, "sh", ...command], { encoding: "utf8" });
const lacks = inNetwork("true").status === 0 ? "" : " (skipped: needs root, ip, unshare)";

test.runIf(lacks === "")(
  `a look at a port where nobody listens is refused, also when it is given that port, which stays free${lacks}`,
  () => {
    const program = new URL("./programs/look-at-port.ts", import.meta.url).pathname;
    const { stdout, stderr } = inNetwork(process.execPath, program, String(port));
    const refused = { ok: false, text: "connection refused" };
    expect([stdout && JSON.parse(stdout), stderr]).toEqual([[refused, refused, refused, "listens"], ""]);
  },
);
