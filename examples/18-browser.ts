// In a page: it syncs while it is online, at once when it is again, and stops as the page is left. No Node in it.
import { GateOwner, loop, Service } from "@holdfast/runtime";

declare const addEventListener: EventTarget["addEventListener"];

const online = new GateOwner(true);
addEventListener("online", () => online.set(true));
addEventListener("offline", () => online.set(false));

const sync = loop({
  everyMs: 60_000,
  steps: [
    { name: "save", run: () => {} },
    { name: "send", when: online.gate, run: () => {} },
  ],
  onPass: ({ steps }) => console.log(steps.map(({ name, kind }) => `${name} ${kind}`).join(", ")),
});
online.gate.onChange((isOpen) => {
  console.log(isOpen ? "online" : "offline");
  void sync.trigger();
});

const service = new Service({
  name: "page",
  stopBudgetMs: 500,
  lifecycle: {
    run: ({ shutdown }) => sync.run(shutdown),
    onStop: ({ exitReason }) => console.log(`closed: ${exitReason.kind}`),
  },
});
// A page that is left runs for some milliseconds more at most: what must be kept has been saved before.
addEventListener("pagehide", () => service.handle().requestShutdown({ kind: "user-requested" }));

const { exitCode } = await service.start();
console.log(`exit code ${exitCode}`);

/* prints
save completed, send completed
offline
save completed, send skipped
online
save completed, send completed
closed: requested
exit code 0
*/
