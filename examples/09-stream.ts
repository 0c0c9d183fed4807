// A stream that reconnects: it resumes where it was, waits longer after each failure, and starts over once it is well.
import { GateOwner, ShutdownToken, stream } from "@holdfast/runtime";

const shutdown = new ShutdownToken();
const connection = new GateOwner();
connection.gate.onChange((isOpen) => console.log(isOpen ? "connected" : "disconnected"));

type Letter = { readonly seq: number; readonly text: string };
const mailbox = ["one", "two", "three", "four"].map((text, index): Letter => ({ seq: index + 1, text }));

// A server that is away twice, then breaks off in the middle, then goes on.
let connects = 0;
async function* connect(after: number): AsyncGenerator<Letter> {
  for (const letter of mailbox.filter(({ seq }) => seq > after)) {
    if (connects === 3 && letter.seq === 3) throw new Error("connection reset");
    yield letter;
  }
}

await stream<Letter, number>(
  {
    gate: connection,
    backoff: { initialMs: 10, factor: 2, maxMs: 1_000 },
    connect: async ({ cursor = 0 }) => {
      if (++connects < 3) throw new Error("connection refused");
      console.log(`asks for what comes after ${cursor}`);
      return connect(cursor);
    },
    cursorOf: ({ seq }) => seq,
    onEvent: ({ text }) => {
      console.log(`  ${text}`);
      if (text === "two") throw new Error("a letter that cannot be read");
      if (text === "four") shutdown.cancel({ kind: "user-requested" });
    },
    onError: (error, { seq }) => console.log(`  letter ${seq}: ${error}`),
    onState: (state) => {
      if (state.kind === "waiting") console.log(`attempt ${state.attempt} failed: ${state.error}`);
    },
  },
  shutdown,
);

/* prints
attempt 1 failed: Error: connection refused
attempt 2 failed: Error: connection refused
asks for what comes after 0
connected
  one
  two
  letter 2: Error: a letter that cannot be read
disconnected
attempt 1 failed: Error: connection reset
asks for what comes after 2
connected
  three
  four
disconnected
*/
