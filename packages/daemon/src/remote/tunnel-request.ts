/**
 * With this method, as the first text of a connection to the daemon's socket, a command asks for another machine. After
 * the reply, `{ "role": … }`, the connection is one to that machine's daemon.
 */
export const tunnelMethod = "remote.connect";

/** A request that is longer is not one. */
const longestRequest = 1_000;

/** Whether the first text of a connection asks for another machine. */
export function isTunnelRequest(text: string): boolean {
  return text.length <= longestRequest && text.includes(`"method":"${tunnelMethod}"`);
}
