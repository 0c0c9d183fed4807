import { readFileSync } from "node:fs";
import { systemClock } from "@holdfast/runtime";
import { KillableDaemon, type StartOptions } from "./killable-daemon.ts";
import { PoweredMachine } from "./powered-machine.ts";

/** A real daemon on a machine whose power can be cut. Everything but its home lies outside of that. */
export class PoweredDaemon extends KillableDaemon {
  readonly machine: PoweredMachine;

  constructor() {
    super("disk/home");
    this.machine = new PoweredMachine(this.root);
  }

  override start(
    variables: Readonly<Record<string, string>> = {},
    options: StartOptions = {},
  ): Promise<void> {
    return super.start(variables, { ...options, under: this.machine.under });
  }

  override get socketPath(): string {
    return this.machine.seen(super.socketPath);
  }

  /** True while it is held at a failpoint. */
  get isHeld(): boolean {
    try {
      return /^\d+ \(.*\) T/s.test(readFileSync(`/proc/${this.pid}/stat`, "latin1"));
    } catch {
      return false;
    }
  }

  /** Resolves with true once it is held, with false when it ended or was not held in time. */
  async held(limitMs: number): Promise<boolean> {
    const end = systemClock.monotonic() + limitMs;
    while (!this.isHeld) {
      if (this.isDead || systemClock.monotonic() > end) return false;
      await systemClock.sleep(2);
    }
    return true;
  }

  letGoOn(): void {
    if (this.pid !== undefined) process.kill(this.pid, "SIGCONT");
  }

  async reboot(): Promise<void> {
    await this.machine.off();
    await this.kill();
    await this.machine.on();
  }

  override async remove(): Promise<void> {
    await this.machine.off();
    await super.remove();
  }
}
