// A stream whose server refuses, breaks off and falls silent: it comes back each time, and resumes where it was.
import { GateOwner, ShutdownToken, stream } from "@holdfast/runtime";

const shutdown = new ShutdownToken();
const connection = new GateOwner();
connection.gate.onChange((isOpen) => console.log(isOpen ? "open" : "closed"));
let connects = 0;

async function* lettersAfter(last: number): AsyncGenerator<number> {
  for (let letter = last + 1; letter <= 3; letter++) {
    if (connects === 2 && letter === 2) throw new Error("reset");
    if (connects === 3 && letter === 3) await new Promise(() => {});
    yield letter;
  }
}

await stream<number, number>(
  {
    gate: connection,
    backoff: { initialMs: 1, factor: 2, maxMs: 10 },
    idleTimeoutMs: 50,
    connect: async ({ cursor = 0 }) => {
      if (++connects === 1) throw new Error("refused");
      return lettersAfter(cursor);
    },
    cursorOf: (letter) => letter,
    onEvent: (letter) => {
      console.log(`letter ${letter}`);
      if (letter === 1) throw new Error("illegible");
      if (letter === 3) shutdown.cancel({ kind: "user-requested" });
    },
    onError: (error, letter) => console.log(`letter ${letter}: ${error}`),
    onState: (state) => {
      if (state.kind === "waiting") console.log(`${state.error}`);
    },
  },
  shutdown,
);
console.log(`connected ${connects} times`);

/* prints
Error: refused
open
letter 1
letter 1: Error: illegible
closed
Error: reset
open
letter 2
closed
HoldfastError: nothing came for 50 ms
open
letter 3
closed
connected 4 times
*/
