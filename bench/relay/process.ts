/** A relay, or a reader of one, in a process of its own: what is measured shares no event loop with what measures. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A child that answers each question with one message. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  ask<T>(question: object): Promise<T>;
  /** Calls back for each message that answers nothing. */
  onEvent(listener: (event: Record<string, unknown>) => void): void;
}

/** Starts `relay-process.ts` or `client-process.ts`, and waits until it says that it is ready. */
export async function startWorker(program: string, ...args: readonly string[]): Promise<Worker> {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child: ChildProcess = fork(path, args, { execArgv: ["--expose-gc"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const waiting = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  let listener: (event: Record<string, unknown>) => void = () => undefined;
  const ready = Promise.withResolvers<void>();
  child.on(
    "message",
    (message: { readonly to?: number; readonly answer?: unknown; readonly ready?: true }) => {
      if (message.ready) ready.resolve();
      else if (message.to === undefined) listener({ ...message });
      else waiting.get(message.to)?.(message.answer);
    },
  );
  await ready.promise;
  return {
    pid: child.pid ?? 0,
    ask: <T>(question: object) =>
      new Promise<T>((resolve) => {
        waiting.set(++asked, (answer) => resolve(answer as T));
        child.send({ ...question, no: asked });
      }),
    onEvent(call) {
      listener = call;
    },
    async [Symbol.asyncDispose]() {
      child.send({ what: "end", no: 0 });
      await exited;
    },
  };
}

/** The other side: answers what the parent asks. */
export function serveParent(answer: (question: Record<string, unknown>) => unknown): void {
  process.on("message", (question: Record<string, unknown>) => {
    void (async () => {
      const given = await answer(question);
      if (question["what"] === "end") process.exit(0);
      process.send?.({ to: question["no"], answer: given });
    })();
  });
  process.send?.({ ready: true });
}
