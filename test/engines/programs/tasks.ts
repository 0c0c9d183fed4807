// Tasks that end, fail, obey and hang; a foreign signal as parent; disposal at the end of a scope.
import { describeError, ShutdownToken, systemClock, TaskRegistry } from "@holdfast/runtime";

const work = { kind: "maintenance" } as const;
const foreign = new AbortController();
const shutdown = new ShutdownToken();
const tasks = new TaskRegistry(shutdown);
tasks.onFailure((task, error) => console.log(`${task.name} failed: ${describeError(error)}`));

const sum = tasks.spawn("sum", work, () => 1 + 2);
console.log(JSON.stringify(await sum.done));
await tasks.spawn("broken", work, () =>
  Promise.reject(new TypeError("no file", { cause: new Error("no disk") })),
).done;
tasks.spawn("obedient", work, (token) => systemClock.sleep(60_000, token));
tasks.spawn("hung", work, () => new Promise(() => {}));
const fetched = tasks.spawn("fetch", work, async ({ signal }) => {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  signal.throwIfAborted();
});
fetched.abort({ kind: "user-requested" });
console.log((await fetched.done).kind);

shutdown.adopt(foreign.signal);
foreign.abort();
const { laggards } = await tasks.joinAll(50);
console.log(`left behind: ${laggards.map(({ name }) => name)}; tracked: ${tasks.size}`);

/* prints
{"kind":"completed","value":3}
broken failed: no file: no disk
cancelled
left behind: hung; tracked: 0
*/
