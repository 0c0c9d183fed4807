/** A terminal that one program has all of: its other screen, every key, no echo. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** What a screen is told, once its owner listens. */
  listen(listener: ScreenListener): void;
  /** Stops the process and its group as a terminal does for Ctrl-Z; the shell has the screen until they go on. */
  suspend(): void;
  /** Gives the terminal back as it was. Idempotent. */
  close(): void;
}

export interface ScreenListener {
  /** What the keyboard sent. */
  input(text: string): void;
  /** It has another size, or nothing of what was drawn is on it any more. */
  redraw(): void;
  /** There is no terminal any more. */
  gone(): void;
}
