import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { frame } from "../http/raw-frames.ts";
import type { KillableDaemon } from "./killable-daemon.ts";

/** The HTTP door of a real daemon, as a client sees it that writes its own bytes. */
export class RawDoor {
  readonly port: number;
  readonly token: string;
  readonly #open: Socket[] = [];

  private constructor(url: string, token: string) {
    this.port = Number(new URL(url).port);
    this.token = token;
  }

  static async of(daemon: KillableDaemon): Promise<RawDoor> {
    const { http } = await daemon.api.call("system.info", { settled: true });
    return new RawDoor(http ?? "", readFileSync(join(daemon.home, "token"), "utf8").trim());
  }

  /** A connection on which nothing was sent. */
  async open(): Promise<RawSocket> {
    const socket = connect({ port: this.port, host: "127.0.0.1", allowHalfOpen: true });
    this.#open.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawSocket(socket);
  }

  /** An open WebSocket. */
  async webSocket(): Promise<RawSocket> {
    const socket = await this.open();
    socket.write(
      `${this.head("GET /ws")}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    await socket.answered("\r\n\r\n");
    return socket;
  }

  /** `what` is a method and a path; further headers and the empty line are the caller's. */
  head(what: string): string {
    return `${what} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\nAuthorization: Bearer ${this.token}\r\n`;
  }

  close(): void {
    for (const socket of this.#open.splice(0)) socket.destroy();
  }
}

export class RawSocket {
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  #isOver = false;
  heard = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.heard += chunk.toString("latin1");
      this.#look();
    });
    for (const event of ["end", "close", "error"] as const)
      socket.on(event, () => {
        this.#isOver = true;
        this.#look();
      });
  }

  /** The other side has ended it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  write(bytes: string | Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  /** One call over a WebSocket. */
  call(method: string, params: unknown): void {
    this.write(frame(1, Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }))));
  }

  /** Reads no more. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Resolves when a text was heard. */
  answered(text: string): Promise<void> {
    return this.#until(() => this.heard.includes(text) || this.#isOver);
  }

  over(): Promise<void> {
    return this.#until(() => this.#isOver);
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #look(): void {
    for (const look of [...this.#waiting]) look();
  }
}
