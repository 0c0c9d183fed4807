// Places an order, ships what is open, and crashes now and then, to show that it is restarted.
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "./connect.ts";

const items = ["tea", "coffee", "cocoa", "mate"];
const db = await connect();
let running = true;
process.once("SIGTERM", () => {
  running = false;
});

for (let round = 1; running; round++) {
  const item = items[Math.floor(Math.random() * items.length)] ?? "tea";
  const reply = await fetch(`http://127.0.0.1:${process.env["PORT"]}/orders?item=${item}`, {
    method: "POST",
  });
  if (!reply.ok) throw new Error(`the shop answered ${reply.status}`);
  const { rows } = await db.query(
    "UPDATE orders SET shipped = now() WHERE shipped IS NULL RETURNING id, item",
  );
  for (const row of rows) console.log(`shipped order ${row.id}: ${row.item}`);
  if (round % 5 === 0) throw new Error("the parcel machine jammed");
  await sleep(1_500);
}
await db.end();
