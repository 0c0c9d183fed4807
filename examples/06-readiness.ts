// Readiness: each child is started when the one before it is ready, and one that never is fails the start.
import { describeError, Supervisor, SupervisorError, systemClock } from "@holdfast/runtime";

const supervisor = new Supervisor({
  children: [
    {
      id: "database",
      ready: "told", // it says so itself
      async start({ ready, token }) {
        console.log("database: replays its log");
        await systemClock.sleep(20, token);
        ready();
        await token.cancelled;
        console.log("database: stops");
      },
    },
    {
      id: "web",
      async start({ token }) {
        console.log("web: the database is there");
        await token.cancelled;
        console.log("web: stops");
      },
      // Somebody else finds out: here, it would ask for /health until the answer is good.
      ready: (token) => systemClock.sleep(10, token),
    },
    {
      id: "mail",
      ready: "told",
      startTimeoutMs: 50,
      start: ({ token }) => token.cancelled, // never says that it is ready
    },
  ],
});

try {
  await supervisor.start();
} catch (error) {
  console.log(describeError(error));
  if (error instanceof SupervisorError) console.log(error.code, error.details.id);
  process.exitCode = 1;
}
console.log(`the supervisor is ${supervisor.snapshot().state}`);

/* prints
database: replays its log
web: the database is there
web: stops
database: stops
mail failed to start: not ready after 50 ms
CHILD_START_FAILED mail
the supervisor is stopped
exit code 1
*/
