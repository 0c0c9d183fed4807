/**
 * What the two ends of a connection talk through: whole texts in order, each one message. A Unix socket, a
 * WebSocket and the in-memory pair of `./testing` are channels; how texts are framed is theirs.
 */
export interface Channel {
  /** Queues one text. Does nothing once the channel is closed: the close listeners have the last word. */
  send(text: string): void;
  /** Texts that came before the first listener was added are kept for it. */
  onText(listener: (text: string) => void): void;
  /** Called once, with the error if there was one; at once if the channel is closed already. */
  onClose(listener: (error?: Error) => void): void;
  /** Ends the channel; idempotent. What is queued is sent if the peer still reads. */
  close(): void;
  /** Bytes queued here that the peer has not taken yet. */
  readonly bufferedBytes: number;
  /** Resolves when nothing waits any more, or it is closed. A channel without it is looked at every few milliseconds. */
  drained?(): Promise<void>;
}
