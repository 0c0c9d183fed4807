import { existsSync, rmSync } from "node:fs";

/**
 * Removes a home, or what holds one, after its daemon was killed: the keeper writes into it until its last app has been
 * reaped, which may be while this removes it.
 */
export function removeHome(path: string): void {
  // What the keeper itself takes away meanwhile makes rmSync end early, and without a word.
  for (let tries = 0; tries < 20 && existsSync(path); tries++) {
    rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
  }
}
