import { expect, test } from "vitest";
import { restart, Service, ShutdownToken, Supervisor } from "../src/index.ts";
import { VirtualClock } from "../src/testing/index.ts";
import { countListeners } from "./listener-count.ts";

test("1,000 starts and stops of a whole service leave no timer, no listener and no task", async () => {
  const listeners = countListeners();
  const clock = new VirtualClock();
  const shutdown = new ShutdownToken();
  let tasksLeft = 0;
  for (let i = 0; i < 1_000; i++) {
    const supervisor = new Supervisor({
      clock,
      children: [
        restart("sync", ({ token }) => clock.sleep(60_000, token)),
        restart("peer", ({ token }) => token.cancelled),
      ],
    });
    const service = new Service({
      name: "cycle",
      clock,
      shutdown,
      lifecycle: {
        onStart: ({ tasks }) =>
          void tasks.spawn("beat", { kind: "background-loop" }, (token) => clock.sleep(9e9, token)),
        run: (ctx) => supervisor.run(ctx.shutdown),
      },
    });
    const status = service.start();
    await service.handle().waitUntilRunning();
    await clock.advance(0);
    expect(service.handle().tasks()).toHaveLength(1);
    service.handle().requestShutdown();
    expect((await status).exitCode).toBe(0);
    tasksLeft += service.handle().tasks().length;
  }
  listeners.end();
  expect([clock.pending, listeners.current, tasksLeft]).toEqual([0, 0, 0]);
});
