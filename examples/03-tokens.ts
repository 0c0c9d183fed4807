// Child tokens and reasons: a reason reaches everything below, nothing above, and the first one stays.
import { once } from "node:events";
import { createServer } from "node:net";
import { isAbortError, ShutdownToken } from "@holdfast/runtime";

const program = new ShutdownToken();
const request = program.childToken();
const query = request.childToken();

query.onCancel((reason) => console.log(`the query is told: ${reason.message}`));

request.cancel({ kind: "rpc-requested", message: "the client went away" });
console.log(`program cancelled: ${program.isCancelled}, query cancelled: ${query.isCancelled}`);

// The first reason wins, here and for whoever looks later.
console.log(query.cancel({ kind: "fatal" }), query.reason?.kind);

// APIs of the platform take the token as an AbortSignal.
const connection = program.childToken();
const listening = once(createServer(), "listening", { signal: connection.signal });
connection.cancel({ kind: "user-requested", signal: "SIGTERM" });
await listening.catch((error: unknown) => console.log(`isAbortError: ${isAbortError(error)}`));

// A foreign signal becomes a reason of ours.
const controller = new AbortController();
const adopted = program.childToken();
adopted.adopt(controller.signal, { kind: "reload-requested" });
controller.abort();
console.log(adopted.reason?.kind);

try {
  query.throwIfCancelled();
} catch (error) {
  console.log(`${error}`);
}

/* prints
the query is told: the client went away
program cancelled: false, query cancelled: true
false rpc-requested
isAbortError: true
reload-requested
AbortError: cancelled: the client went away
*/
