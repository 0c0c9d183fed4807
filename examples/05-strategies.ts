// A tree: what is started after the database is restarted with it, and a crash stays in its own branch.
import { type ChildSpec, Supervisor, supervisorChild, type TreeSnapshot } from "@holdfast/runtime";

const crashed = Promise.withResolvers<void>();

const child = (id: string): ChildSpec => ({
  id,
  start: async ({ run, token }) => {
    console.log(`${id} starts, run ${run}`);
    if (id === "database" && run === 1) await crashed.promise;
    await token.cancelled;
    console.log(`${id} stops`);
  },
});

const storage = supervisorChild("storage", {
  strategy: "rest-for-one", // one-for-one: only what crashed; one-for-all: all of them
  children: [child("files"), child("database"), child("cache")],
});

const tree = new Supervisor({ children: [storage, child("web")] });
const events = tree.events();
await tree.start();
console.log("the database crashes");
crashed.reject(new Error("the disk is gone"));
for await (const event of events) {
  if (event.type === "child-ready" && event.id === "cache" && event.run === 2) break;
}
print(tree.snapshot());
await tree.stop();

function print({ strategy, children }: TreeSnapshot, indent = "  "): void {
  console.log(`${indent}${strategy}`);
  for (const { id, state, runs, tree } of children) {
    console.log(`${indent}- ${id} is ${state}, run ${runs}`);
    if (tree) print(tree, `${indent}  `);
  }
}

/* prints
files starts, run 1
database starts, run 1
cache starts, run 1
web starts, run 1
the database crashes
cache stops
database starts, run 2
cache starts, run 2
  one-for-one
  - storage is running, run 1
    rest-for-one
    - files is running, run 1
    - database is running, run 2
    - cache is running, run 2
  - web is running, run 1
web stops
cache stops
database stops
files stops
*/
