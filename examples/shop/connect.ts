import pg from "pg";

/** A connection to the shop's database. */
export async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: process.env["DATABASE_URL"] });
  client.on("error", (error) => {
    console.error(`lost the database: ${error.message}`);
    process.exit(1);
  });
  await client.connect();
  return client;
}
