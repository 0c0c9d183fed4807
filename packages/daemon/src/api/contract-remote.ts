/** Other machines, reached through a relay. */

/** What another machine may do here: look; also start, stop and restart; everything. */
export const remoteRoles = ["read", "operate", "admin"] as const;
export type RemoteRole = (typeof remoteRoles)[number];

/** How it may stand with the relay: as the relay's client says. */
export const remoteStates = [
  "stopped",
  "connecting",
  "connected",
  "degraded",
  "backoff",
  "unauthorised",
] as const;

/** A machine that this one was paired with. */
export interface RemoteNode {
  /** What it is called here. */
  readonly name: string;
  /** Its public key. */
  readonly key: string;
  /** What it may do here; null: nothing. */
  readonly role: RemoteRole | null;
  /** How many of its connections are open here, and of ours there. */
  readonly connections: number;
  /** When it was last heard of since the daemon began. */
  readonly heard: string | null;
}

/** How this machine stands with its relay, and whom it knows there. */
export interface RemoteStatus {
  /** Null where it has joined none. */
  readonly relay: string | null;
  /** Its mailbox there, which is also what others are told that this machine is called. */
  readonly name: string | null;
  /** Null until it joins a relay for the first time. */
  readonly key: string | null;
  readonly state: (typeof remoteStates)[number];
  /** What is wrong, where something is. */
  readonly error: string | null;
  readonly nodes: readonly RemoteNode[];
}
