import { HoldfastError } from "./errors.ts";

/** What a service says of itself; `message` is for people. */
export interface Health {
  readonly ok: boolean;
  readonly message?: string;
}

/** What a service answers to remote calls. Adapters bind it to a transport. */
export interface RpcApi {
  /** Rejects with code `METHOD_NOT_FOUND` for a method it does not have. */
  dispatch(method: string, params: unknown): unknown;
  /** Whether it is well; `ok: false` while the service does not run. */
  healthz(): Health | Promise<Health>;
}

/** A peer's identity: 32 bytes. */
export type PeerId = Uint8Array;

/** `opcode` is 0 to 255. */
export interface PeerMessage {
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** Why a peer is gone: it left, we closed, the connection broke, or it did not keep to the protocol. */
export type DisconnectReason = "graceful" | "local-close" | "transport" | "protocol-violation";

/** What a service does about peers; each part is optional. */
export interface PeerApi {
  /** A connected peer sent something. */
  onMessage?(peer: PeerId, message: PeerMessage): void | Promise<void>;
  /** A peer is there; its messages follow. */
  onPeerConnected?(peer: PeerId): void | Promise<void>;
  /** A peer is gone; no message of it follows. */
  onPeerDisconnected?(peer: PeerId, reason: DisconnectReason): void | Promise<void>;
}

/** `api`, or one that knows no method and is healthy, closed to calls while `isOpen` says no. */
export function gatedRpcApi(api: Partial<RpcApi>, isOpen: () => boolean): RpcApi {
  return {
    dispatch: async (method, params) => {
      if (!isOpen()) throw new HoldfastError("NOT_READY", `not ready to answer ${method}`);
      if (api.dispatch) return api.dispatch(method, params);
      throw new HoldfastError("METHOD_NOT_FOUND", `no method ${method}`, { details: { method } });
    },
    healthz: async () => {
      if (!isOpen()) return { ok: false, message: "not ready" };
      return api.healthz ? api.healthz() : { ok: true };
    },
  };
}

/** `api` with no-ops for what it lacks; a call while `isOpen` says no is dropped. Malformed calls throw `TypeError`. */
export function gatedPeerApi(api: PeerApi, isOpen: () => boolean): Required<PeerApi> {
  const check = (peer: PeerId): boolean => {
    if (peer.length !== 32) throw new TypeError(`a peer id has 32 bytes, not ${peer.length}`);
    return isOpen();
  };
  return {
    onMessage: async (peer, message) => {
      if (!Number.isInteger(message.opcode) || message.opcode < 0 || message.opcode > 255) {
        throw new TypeError(`an opcode is 0 to 255, not ${message.opcode}`);
      }
      if (check(peer)) await api.onMessage?.(peer, message);
    },
    onPeerConnected: async (peer) => {
      if (check(peer)) await api.onPeerConnected?.(peer);
    },
    onPeerDisconnected: async (peer, reason) => {
      if (check(peer)) await api.onPeerDisconnected?.(peer, reason);
    },
  };
}
