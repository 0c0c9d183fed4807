// Operations: a state on its way is shown before the request returns, one at a time, and taken back if it fails.
import { describeError, HoldfastError, Operations, Store, systemClock } from "@holdfast/runtime";

const apps = new Store<string>();
apps.set("web", "running");
apps.set("db", "running");
apps.subscribe(({ id, value = "gone" }) => console.log(`  ${id} is ${value}`));

const operations = new Operations(apps, { log: ({ line }) => console.log(`  log: ${line}`) });
const stop = (id: string, work: () => unknown) =>
  operations.begin({ id, name: "stop", via: "stopping", to: "stopped", run: work });

console.log("stop web");
const stopping = stop("web", () => systemClock.sleep(20));
console.log(`begun, and web is ${apps.get("web")}`); // every listener has heard of it by now

// The same again joins it; another is refused, unless `onConflict` says otherwise.
console.log(`the same operation: ${stop("web", () => "not run") === stopping}`);
try {
  operations.begin({ id: "web", name: "start", via: "starting", to: "running", run: () => {} });
} catch (error) {
  console.log(`${error instanceof HoldfastError && error.code}: ${describeError(error)}`);
}
console.log((await stopping.done).kind);

console.log("stop db");
const failing = stop("db", () => Promise.reject(new Error("it does not answer")));
console.log((await failing.done).kind);

// Whoever comes late has all that is there, and then every change.
for await (const update of apps.follow()) {
  if (update.kind === "change") break;
  console.log(`version ${update.snapshot.version}:`, Object.fromEntries(update.snapshot.entries));
  apps.delete("db");
}

/* prints
stop web
  web is stopping
  log: STOP
begun, and web is stopping
the same operation: true
OPERATION_REFUSED: web: cannot start, stop is under way
  web is stopped
  log: STOP OK: web
done
stop db
  db is stopping
  log: STOP
  db is running
  log: STOP FAIL: db: it does not answer
failed
version 6: { web: 'stopped', db: 'running' }
  db is gone
*/
