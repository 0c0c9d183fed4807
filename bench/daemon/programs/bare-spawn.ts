// The floor: spawns N sleeps from a bare Node script, says when all run, and kills them when stdin ends.
import { spawn } from "node:child_process";

const count = Number(process.argv[2]);
const children = Array.from({ length: count }, () => spawn("sleep", ["1000"], { stdio: "ignore" }));
await Promise.all(
  children.map(
    (child) =>
      new Promise<void>((resolve, reject) => {
        child.once("spawn", () => resolve());
        child.once("error", reject);
      }),
  ),
);
console.log("running");
process.stdin.resume().once("end", () => {
  for (const child of children) child.kill("SIGKILL");
});
