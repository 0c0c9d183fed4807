/**
 * Loaded into a daemon before it (`node --import`): notes how long its event loop was kept by one turn, as time of a
 * processor, which a busy machine does not change. At SIGUSR2 it writes `ROUND MS` to the file of `LOOP_PROBE`, and begins
 * the next round.
 */
import { renameSync, writeFileSync } from "node:fs";

const file = process.env["LOOP_PROBE"] ?? "";
let round = 0;
let longestMs = 0;
let last = process.threadCpuUsage();

setInterval(() => {
  const { user, system } = process.threadCpuUsage(last);
  last = process.threadCpuUsage();
  longestMs = Math.max(longestMs, (user + system) / 1_000);
}, 1).unref();

process.on("SIGUSR2", () => {
  writeFileSync(`${file}.new`, `${++round} ${longestMs}`);
  renameSync(`${file}.new`, file);
  longestMs = 0;
  last = process.threadCpuUsage();
});
