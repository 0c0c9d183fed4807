/**
 * A thread as its owner sees it: what a Web Worker and the `Worker` of `node:worker_threads` have in common.
 * Errors and the end are told by events, of Node (`on`) or of the web (`addEventListener`).
 */
export interface WorkerLike extends WorkerPort {
  /** Kills the thread wherever it is. What it returns is waited for. */
  terminate(): unknown;
}

/** The parent as a worker sees it: `self` in a Web Worker, `parentPort` in Node. */
export interface WorkerPort {
  /** Sends a copy to the other side; what is in `transfer` is moved. */
  postMessage(message: unknown, transfer?: readonly object[]): void;
  /** Events as Node tells them: the listener gets what the event carries. */
  on?(type: string, listener: (value: unknown) => void): unknown;
  /** Events as the web tells them: the listener gets an event. */
  addEventListener?(type: string, listener: (event: object) => void): void;
}

/** Calls `listener` with what each event of that type carries: the message, the error, or the exit code. */
export function listen(port: WorkerPort, type: string, listener: (value: unknown) => void): void {
  // Node's ports know both ways; only `on` tells of an exit.
  if (port.on) port.on(type, listener);
  else port.addEventListener?.(type, (event) => listener(payloadOf(event)));
}

interface WebEvent {
  readonly type?: string;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly message?: unknown;
  preventDefault?(): void;
}

function payloadOf(event: WebEvent): unknown {
  if (event.type !== "error") return event.data;
  // Who listens deals with it; otherwise it would be the page's, and in Deno the program's, uncaught error too.
  event.preventDefault?.();
  // The error itself often stays behind in the thread, and only its text comes across.
  return event.error ?? new Error(String(event.message));
}
