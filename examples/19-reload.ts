// Reload: SIGHUP hands a running service its new configuration; a bad one changes nothing; 75 asks for a new process.
import { runService } from "@holdfast/platform";
import { systemClock } from "@holdfast/runtime";

const file = { text: '{ "greeting": "hello" }' };
const read = (): { readonly greeting: string } => JSON.parse(file.text);
let config = read();

await runService({
  name: "greeter",
  lifecycle: {
    reload() {
      config = read(); // parsed before anything changes
    },
    async run({ shutdown }) {
      console.log(config.greeting);

      for (const text of ['{ "greeting": "good morning" }', "{ oops"]) {
        file.text = text;
        process.kill(process.pid, "SIGHUP"); // as `kill -HUP` would
        await systemClock.sleep(50);
        console.log(config.greeting);
      }

      // Where that is not enough: whoever keeps this program up starts it again.
      shutdown.cancel({ kind: "reload-requested" });
    },
    onStop: ({ exitReason }) => console.log(`closed: ${exitReason.kind}`),
  },
});

/* prints
hello
good morning
greeter: reload failed: …
good morning
closed: requested
exit code 75
*/
