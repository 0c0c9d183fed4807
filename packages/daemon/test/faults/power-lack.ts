import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacking } from "./needs.ts";
import { PoweredMachine } from "./powered-machine.ts";

/** Why this machine cannot have a disk whose power is cut, as a reason to be skipped; undefined when it can: it is tried. */
export async function powerLack(): Promise<string | undefined> {
  const lack = lacking("root", "unshare", "nsenter", "mkfs.ext4");
  if (lack !== undefined) return lack;
  const root = mkdtempSync(join(tmpdir(), "holdfast-power-"));
  try {
    const machine = new PoweredMachine(root);
    try {
      await machine.on();
      machine.cutPower("log lost");
      return undefined;
    } finally {
      await machine.off();
    }
  } catch {
    return "skipped: needs loop devices with ext4, and namespaces of mounts";
  } finally {
    rmSync(root, { recursive: true });
  }
}
