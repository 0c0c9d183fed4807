import { scanProcesses } from "../process/proc-scan.ts";
import { isDead } from "../process/proc-stat.ts";

/** The living processes that carry one of these cookies; all that carry any, without. What a test leaves behind. */
export function processesWithCookie(...cookies: readonly string[]): readonly number[] {
  const found = [...scanProcesses().values()].filter((process) => {
    if (isDead(process) || process.cookie === undefined) return false;
    return cookies.length === 0 || cookies.includes(process.cookie);
  });
  return found.map(({ pid }) => pid);
}
