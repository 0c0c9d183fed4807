// Runs on a schedule: says how the shop is doing, and ends.
import { connect } from "./connect.ts";

const db = await connect();
const { rows } = await db.query(
  "SELECT item, count(*)::int AS sold FROM orders GROUP BY item ORDER BY sold DESC, item",
);
console.log(
  rows.length === 0 ? "nothing sold yet" : rows.map(({ item, sold }) => `${item}: ${sold}`).join(", "),
);
await db.end();
