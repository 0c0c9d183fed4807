/** F19: several daemons are started for one home at once. */
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectSpec } from "../fakes/app-spec.ts";
import { holdfastBin, KillableDaemon } from "./killable-daemon.ts";
import { heartbeat } from "./operations.ts";
import { scaled } from "./scale.ts";

const racers = 8;

interface Loser {
  readonly code: number | null;
  readonly said: string;
}

test("F19: of eight daemons for one home one wins, the others exit with 73 and name it, and apps run once", {
  timeout: 900_000,
}, async () => {
  const rounds = scaled(5, 50);
  const daemon = new KillableDaemon();
  try {
    await daemon.start();
    await daemon.api.call("apps.apply", { spec: projectSpec([heartbeat(daemon.root)]) });
    await daemon.settle();
    const [app] = daemon.programs();
    for (let round = 0; round < rounds; round++) {
      await daemon.kill();
      // What a crash, or a person, may leave.
      if (round % 3 === 1) rmSync(join(daemon.home, "holdfast.sock"), { force: true });
      if (round % 3 === 2) writeFileSync(join(daemon.home, "daemon.pid"), "1\n");
      const losers = Array.from({ length: racers - 1 }, () => race(daemon));
      const started = daemon.start();
      const ends = await Promise.race([
        Promise.all([...losers.map(({ ended }) => ended), daemon.gone()]),
        oneIsLeft(losers, daemon),
      ]);
      await started;
      const alive = [...losers.filter(({ isAlive }) => isAlive()), ...(daemon.isDead ? [] : [daemon])];
      expect(alive.length, `round ${round}, ${JSON.stringify(ends)}`).toBe(1);
      // The others may be gone before it listens.
      await daemon.until("the winner answers", () =>
        daemon.connect().then(
          () => true,
          () => false,
        ),
      );
      const info = await (await daemon.connect()).call("system.info", {});
      for (const loser of losers) {
        if (loser.isAlive()) continue;
        expect(await loser.ended, `round ${round}`).toEqual({
          code: 73,
          said: expect.stringContaining(`the daemon with pid ${info.pid} owns`),
        });
      }
      expect(daemon.programs()).toEqual([app]);
      // Whoever takes away the socket of a living daemon does not make room for a second one.
      rmSync(join(daemon.home, "holdfast.sock"));
      expect(await race(daemon).ended, `round ${round}, without a socket`).toEqual({
        code: 73,
        said: expect.stringContaining(`pid ${info.pid} owns`),
      });
      const winner = losers.find(({ isAlive }) => isAlive());
      winner?.kill();
      await winner?.ended;
    }
    console.log(
      `F19: ${rounds} of ${rounds} rounds of ${racers} racing starts: one daemon each, and ${rounds} later ones refused while its socket was gone; the app runs once`,
    );
  } finally {
    await daemon.remove();
  }
});

function race(daemon: KillableDaemon): {
  readonly ended: Promise<Loser>;
  readonly isAlive: () => boolean;
  readonly kill: () => void;
} {
  const child = spawn(process.execPath, [holdfastBin, "daemon", "run"], {
    cwd: daemon.directory,
    env: daemon.variables,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<Loser>((resolve) => void child.once("close", (code) => resolve({ code, said })));
  return {
    ended,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Resolves when no more than one of them runs. */
async function oneIsLeft(losers: readonly ReturnType<typeof race>[], daemon: KillableDaemon): Promise<void> {
  await daemon.until(
    "one daemon is left",
    () => {
      const alive = losers.filter(({ isAlive }) => isAlive()).length + (daemon.isDead ? 0 : 1);
      return alive <= 1;
    },
    120_000,
  );
}
