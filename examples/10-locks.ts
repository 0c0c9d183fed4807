// Locks: readers side by side, a writer alone, one key beside another, and no wait is without an end.
import { describeError, KeyedLock, RwLock, ShutdownToken, systemClock } from "@holdfast/runtime";

const wallet = new RwLock({ name: "the wallet" });

const read = (as: string) =>
  wallet.read(
    async () => {
      console.log(`${as} reads`);
      await systemClock.sleep(20);
      console.log(`${as} has read`);
    },
    { as },
  );

await Promise.all([
  read("balance"),
  read("history"),
  wallet.write(() => console.log("spend writes, alone"), { as: "spend" }),
  read("report"), // came after the writer, and does not overtake it
]);

// Whoever waits in vain is told who has it.
const sync = wallet.write(() => systemClock.sleep(60), { as: "sync" });
const late = wallet.write(() => console.log("not run"), { timeoutMs: 10 });
console.log(await late.catch(describeError));

// A stop ends the wait too.
const token = new ShutdownToken();
const stopped = wallet.write(() => console.log("not run"), { token });
token.cancel({ kind: "user-requested" });
console.log(await stopped.catch(describeError));
await sync;

// One lock for each key, there only while somebody needs it.
const apps = new KeyedLock({ name: "app" });
{
  using _web = await apps.acquire("web", { as: "deploy" });
  await apps.run("db", () => console.log("db is free"));
  console.log(await apps.run("web", () => "not run", { timeoutMs: 10 }).catch(describeError));
}
console.log(`keys held: ${apps.size}`);

/* prints
balance reads
history reads
balance has read
history has read
spend writes, alone
report reads
report has read
no write lock of the wallet within 10 ms: held by sync (write, for … ms)
cancelled: user-requested
db is free
no write lock of app web within 10 ms: held by deploy (write, for … ms)
keys held: 0
*/
