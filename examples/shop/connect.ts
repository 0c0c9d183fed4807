import pg from "pg";

/** A connection to the shop's database; one that is busy with others is asked again for a while. */
export async function connect(): Promise<pg.Client> {
  for (let tries = 1; ; tries++) {
    try {
      return await connectOnce();
    } catch (error) {
      if (tries === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

async function connectOnce(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: process.env["DATABASE_URL"] });
  await client.connect();
  client.on("error", (error) => {
    console.error(`lost the database: ${error.message}`);
    process.exit(1);
  });
  return client;
}
