// A program that keeps in step with a remote: connection, start-up, passes and a stream, each contained on its own.
import { stream, systemClock, Wake } from "@holdfast/runtime";
import { syncDaemon } from "@holdfast/runtime/sync";

// The remote: what there is, and a stream that only says that there is something new.
const orders = ["tea"];
const news = new Wake();
async function* notices(): AsyncGenerator {
  for (;;) yield await news.wait(Number.POSITIVE_INFINITY);
}

const seen = new Set<string>();
const daemon = syncDaemon({
  connection: { check: async () => true, everyMs: 10_000 },
  startUp: [{ name: "full sync", run: () => console.log("full sync") }],
  passes: {
    orders: {
      everyMs: 60_000, // and whenever it is told to look: one path for both
      steps: [
        { name: "pull", when: "connected", lock: "write", run: pull },
        { name: "report", run: () => Promise.reject(new Error("no printer")) },
      ],
    },
  },
  streams: {
    // A stream wakes, a pull carries: losing it costs latency, and never an order.
    notices: (token, part) =>
      stream({ ...part, connect: async () => notices(), onEvent: () => daemon.trigger("orders") }, token),
  },
  onPass: (name, { steps }) =>
    console.log(`pass ${name}: ${steps.map((step) => `${step.name} ${step.kind}`).join(", ")}`),
});

await daemon.connected.opened();
console.log("connected");
await systemClock.sleep(20);

orders.push("milk", "honey");
news.notify();
await systemClock.sleep(20);

const { kind, left } = await daemon.stopWait({ kind: "user-requested" });
console.log(`${kind}; left behind: ${left.length}`);

function pull(): void {
  const fresh = orders.filter((order) => !seen.has(order));
  for (const order of fresh) seen.add(order);
  console.log(`  new: ${fresh.join(", ") || "nothing"}`);
}

/* prints
connected
full sync
pass start-up: full sync completed
  new: tea
pass orders: pull completed, report failed
  new: milk, honey
pass orders: pull completed, report failed
stopped; left behind: 0
*/
