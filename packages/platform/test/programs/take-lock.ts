// Tries to take the lock of a home, says what came of it, and holds it until it is killed.
import { acquireLock } from "../../src/lock.ts";

const [path = ""] = process.argv.slice(2);
try {
  const lock = acquireLock({ path });
  console.log(JSON.stringify({ won: process.pid }));
  process.stdin.resume().once("end", () => lock.release());
} catch (error) {
  const { code, details } = error as { code: unknown; details: unknown };
  console.log(JSON.stringify({ code, details }));
}
