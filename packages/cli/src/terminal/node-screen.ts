import { writeSync } from "node:fs";
import { enterScreen, leaveScreen } from "../top/screen-diff.ts";
import type { Screen, ScreenListener } from "./screen.ts";

/**
 * The terminal of this process, both ends of which must be one. However the process ends, but for SIGKILL, the terminal
 * is given back first: a crash's message stands on the screen that the shell has.
 */
export function openNodeScreen(): Screen {
  const { stdin, stdout } = process;
  let listener: ScreenListener | undefined;
  let isOpen = false;

  const enter = (): void => {
    isOpen = true;
    stdin.setRawMode(true);
    stdout.write(enterScreen);
  };
  // Not by the stream: the process may have no turn left in which that writes.
  const leave = (): void => {
    if (!isOpen) return;
    isOpen = false;
    try {
      stdin.setRawMode(false);
      writeSync(stdout.fd, leaveScreen);
    } catch {
      // There is no terminal any more.
    }
  };
  const onInput = (text: string): void => listener?.input(text);
  const onResize = (): void => listener?.redraw();
  const onGone = (): void => listener?.gone();
  const suspend = (): void => {
    leave();
    process.kill(0, "SIGSTOP");
  };
  const onContinue = (): void => {
    if (!isOpen) enter();
    listener?.redraw();
  };
  const onQuit = (): void => {
    leave();
    process.kill(process.pid, "SIGQUIT");
  };

  // Also before Node prints what it crashed with.
  process.on("exit", leave);
  process.on("SIGTSTP", suspend);
  process.on("SIGCONT", onContinue);
  process.once("SIGQUIT", onQuit);
  stdin.setEncoding("utf8").on("data", onInput).on("end", onGone).on("error", onGone);
  stdout.on("resize", onResize);
  enter();

  return {
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
    write: (text) => void stdout.write(text),
    listen(given) {
      listener = given;
    },
    suspend,
    close() {
      leave();
      process.off("exit", leave);
      process.off("SIGTSTP", suspend).off("SIGCONT", onContinue).off("SIGQUIT", onQuit);
      stdin.off("data", onInput).off("end", onGone).off("error", onGone).pause();
      stdout.off("resize", onResize);
    },
  };
}
