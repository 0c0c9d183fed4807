/** Other machines, for a daemon that is up before it has a mind for them: their code is loaded when there are any. */
import { join } from "node:path";
import type { Channel } from "@holdfast/rpc";
import type { Clock, Random } from "@holdfast/runtime";
import { audited, auditFile } from "../api/audit.ts";
import type { RemoteRole } from "../api/contract-remote.ts";
import type { FindRemote } from "../api/methods.ts";
import { type ApiTable, restricted } from "../api/table.ts";
import type { Tunnel } from "../server.ts";
import { hasRemote } from "./place.ts";
import type { Remote } from "./remote.ts";

/** A peer behind a relay is slower than one on this machine. */
const maxBufferedBytes = 33_554_432;

export interface LaterRemoteOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown, where: string) => void;
}

/** What calls of other machines are answered by. */
export interface RemoteServer {
  /** The methods, those that change something audited. */
  readonly table: ApiTable;
  readonly serve: (channel: Channel, table: ApiTable, principal: string, maxBufferedBytes: number) => void;
}

export interface LaterRemote extends AsyncDisposable {
  readonly find: FindRemote;
  readonly tunnel: Tunnel;
  /** True while somebody may ask something of this machine. */
  readonly isServing: boolean;
  /** Goes on with what an earlier daemon began; calls are answered by `server` from now on. */
  begin(server: RemoteServer): void;
}

export function remoteLater(options: LaterRemoteOptions): LaterRemote {
  const { home, clock, random, onError } = options;
  let opening: Promise<Remote> | undefined;
  let opened: Remote | undefined;
  let tables: Readonly<Record<RemoteRole, ApiTable>> | undefined;
  let server: RemoteServer | undefined;

  const open = async (): Promise<Remote> => {
    const { Remote } = await import("./remote.ts");
    opened = await Remote.open({
      ...{ home, clock, random, onError },
      serve: (channel, principal, role) => {
        if (server === undefined || tables === undefined) channel.close();
        else server.serve(channel, tables[role], principal, maxBufferedBytes);
      },
    });
    return opened;
  };
  const find = (wanted: "if-there" | "make"): Promise<Remote> | undefined => {
    if (opening === undefined && (wanted === "make" || hasRemote(home))) {
      opening = open();
      // A file that was put right is read at the next call.
      opening.catch(() => {
        opening = undefined;
      });
    }
    return opening;
  };
  return {
    find,
    tunnel: async (request, local) => {
      const [{ tunnel }, remote] = await Promise.all([import("./tunnel.ts"), find("if-there")]);
      await tunnel(request, local, remote && ((node, whenTaken) => remote.connect(node, whenTaken)));
    },
    get isServing() {
      return opened?.isServing ?? false;
    },
    begin(given) {
      server = given;
      const write = auditFile(join(home, "remote-calls.log"), (error) => onError(error, "remote-calls.log"));
      const tableFor = (change: "all" | "operations" | "none"): ApiTable =>
        audited(restricted(given.table, { change, subscribe: true }), clock, write, "all");
      tables = { read: tableFor("none"), operate: tableFor("operations"), admin: tableFor("all") };
      find("if-there")?.catch((error: unknown) => onError(error, "remote"));
    },
    async [Symbol.asyncDispose]() {
      const remote = await opening?.catch(() => undefined);
      await remote?.[Symbol.asyncDispose]();
    },
  };
}
