// A test in virtual time: an hour of work, a crash and a hanging stop in milliseconds, the same every time.
import { deepEqual, equal } from "node:assert/strict";
import { Service, ShutdownToken, Supervisor } from "@holdfast/runtime";
import { FakeChild, FakeNode, VirtualClock } from "@holdfast/runtime/testing";

const clock = new VirtualClock();

// What is tested takes its clock from outside, and cannot know which it is.
async function poll(ask: () => boolean, token: ShutdownToken): Promise<number> {
  for (let asked = 1; ; asked++) {
    if (ask() || (await clock.sleep(60_000, token)) === "cancelled") return asked;
  }
}
const answer = poll(() => clock.monotonic() >= 3_600_000, new ShutdownToken());
await clock.advance(3_600_000);
equal(await answer, 61);
console.log("an hour has passed, the 61st question was answered");

// A fake child crashes when it is told to.
const web = new FakeChild("web", { backoff: { initialMs: 1_000, factor: 2, maxMs: 60_000 } });
const supervisor = new Supervisor({ children: [web.spec], clock });
await supervisor.start();
web.crash();
await clock.advance(999);
equal(web.starts, 1);
await clock.advance(1);
equal(web.starts, 2);
console.log("it was started again after 1000 ms, not after 999");
await supervisor.stop();

// A fake lifecycle hangs where it is told to: the stop ends by its budget all the same, and names who hung.
const node = new FakeNode(clock, { onStop: { kind: "hang" } });
const service = new Service({ name: "node", lifecycle: node, clock, stopBudgetMs: 5_000 });
const ended = service.start().catch((error: unknown) => error);
await clock.advance(0);
service.handle().requestShutdown();
await clock.advance(5_000);
console.log(`${await ended}`);
deepEqual(node.calls, ["preStart", "onStart", "run", "onStop", "postStop"]);
console.log(`timers left behind: ${clock.pending}`);

/* prints
an hour has passed, the 61st question was answered
it was started again after 1000 ms, not after 999
ServiceError: node did not stop in 5000 ms; 1 left: onStop
timers left behind: 0
*/
