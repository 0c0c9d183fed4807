export { openPostgresWakes, type PostgresWakesOptions } from "../../wake/postgres/postgres-wakes.ts";
export { openPostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";
