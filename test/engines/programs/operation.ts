// Operations: shown at once, joined, refused, taken back; a reader that follows sees every change.
import { describeError, HoldfastError, Operations, Store } from "@holdfast/runtime";

const apps = new Store<string>();
apps.set("web", "running");
apps.set("db", "running");

const seen = (async () => {
  const lines: string[] = [];
  for await (const update of apps.follow()) {
    if (update.kind !== "change") continue;
    lines.push(`${update.change.id} ${update.change.value ?? "gone"}`);
    if (update.change.value === undefined) break;
  }
  return lines.join(", ");
})();

const operations = new Operations(apps);
const go = Promise.withResolvers<void>();
const stop = (id: string, run: () => unknown) =>
  operations.begin({ id, name: "stop", via: "stopping", to: "stopped", run });

const web = stop("web", () => go.promise);
const db = stop("db", () => Promise.reject(new Error("it does not answer")));
console.log(`begun: web ${apps.get("web")}, db ${apps.get("db")}, joined: ${stop("web", () => {}) === web}`);
try {
  operations.begin({ id: "web", name: "start", via: "starting", to: "running", run: () => {} });
} catch (error) {
  console.log(`${error instanceof HoldfastError && error.code}: ${describeError(error)}`);
}
go.resolve();
console.log((await Promise.all([web.done, db.done])).map(({ kind }) => kind).join(", "));
apps.delete("db");
console.log(await seen);

/* prints
begun: web stopping, db stopping, joined: true
OPERATION_REFUSED: web: cannot start, stop is under way
done, failed
web stopping, db stopping, db running, web stopped, db gone
*/
