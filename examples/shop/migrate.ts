// Brings the schema up to date and ends: the web service waits for it to complete.
import { connect } from "./connect.ts";

const db = await connect();
await db.query(`
  CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL,
    placed timestamptz NOT NULL DEFAULT now(),
    shipped timestamptz
  )`);
const { rows } = await db.query("SELECT count(*)::int AS count FROM orders");
console.log(`schema is up to date; ${rows[0].count} orders are there`);
await db.end();
