// A mailbox: each letter once and in order; one that cannot be read is put aside, and judged again later.
import { describeError, ShutdownToken } from "@holdfast/runtime";
import { mailbox } from "@holdfast/runtime/sync";

interface Letter {
  readonly seq: number;
  readonly from: string;
}
const server: Letter[] = ["ann", "bob", "ann"].map((from, index) => ({ seq: index + 1, from }));

const trusted = new Set(["ann"]);
const aside = new Map<number, Letter>();
let saved: number | undefined; // on disk, in a real program: it goes on from there after a restart

const mail = mailbox<Letter, number>({
  pull: async ({ cursor = 0 }) => server.filter(({ seq }) => seq > cursor),
  cursorOf: ({ seq }) => seq,
  compare: (a, b) => a - b,
  checkpoint: { load: () => saved, save: (cursor) => (saved = cursor) },
  process: ({ seq, from }) => {
    if (!trusted.has(from)) throw new Error(`${from} is not known`);
    console.log(`letter ${seq} from ${from}`);
  },
  onPoison: (_error, { seq }, attempt) => {
    console.log(`letter ${seq}: attempt ${attempt} failed`);
    return attempt < 2 ? "retry" : "quarantine";
  },
  backoff: { initialMs: 10, factor: 2, maxMs: 1_000 },
  quarantine: {
    keep: (letter, error) => {
      aside.set(letter.seq, letter);
      console.log(`letter ${letter.seq} is put aside: ${describeError(error)}`);
    },
    all: () => [...aside.values()],
    release: ({ seq }) => aside.delete(seq),
  },
});

const shutdown = new ShutdownToken();
const running = mail.run(shutdown);
await mail.trigger();
server.push({ seq: 4, from: "ann" });
await mail.trigger();

trusted.add("bob");
await mail.judgeAgain();
console.log(`put aside: ${aside.size}; goes on after ${saved}`);
shutdown.cancel({ kind: "user-requested" });
await running;

/* prints
letter 1 from ann
letter 2: attempt 1 failed
letter 2: attempt 2 failed
letter 2 is put aside: bob is not known
letter 3 from ann
letter 4 from ann
letter 2 from bob
put aside: 0; goes on after 4
*/
