import { HoldfastError } from "@holdfast/runtime";

/** What everything is answered with that needs a mailbox, where there is none. */
export function notJoined(): HoldfastError {
  return new HoldfastError("NOT_JOINED", "this machine has joined no relay: holdfast remote join INVITATION");
}
