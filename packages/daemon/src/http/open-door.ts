import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "@holdfast/platform";
import { type Clock, HoldfastError } from "@holdfast/runtime";
import type { Door } from "../api/methods.ts";
import { type ApiTable, restricted } from "../api/table.ts";
import type { Daemon } from "../daemon.ts";
import { HttpServer, httpPort } from "./http-server.ts";
import { readSessions, sealSessions } from "./kept-sessions.ts";
import { NewestText } from "./newest-text.ts";
import { Sessions } from "./sessions.ts";

export interface DoorOptions {
  readonly clock: Clock;
  readonly daemon: Daemon;
  readonly table: ApiTable;
  readonly home: string;
  readonly token: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly startedAt: number;
  readonly maxConnections?: number;
  readonly pages?: string;
  readonly onError: (error: unknown, where: string) => void;
}

/** An HTTP server, and the way for browsers into it. */
export interface OpenDoor extends Door, AsyncDisposable {
  readonly server: HttpServer;
}

/**
 * Serves the API over HTTP at the port that `HOLDFAST_HTTP` says, else where it was served last, so that bookmarks and
 * cookies stay good, else at any. Undefined when it is `off`.
 */
export async function openDoor(options: DoorOptions): Promise<OpenDoor | undefined> {
  const { clock, home, table, variables, onError } = options;
  const wanted = httpPort(variables["HOLDFAST_HTTP"]);
  if (wanted === "off") return undefined;
  const portFile = join(home, "http-port");
  const sessionsFile = join(home, "sessions.json");
  const write = (file: string, text: string): Promise<void> =>
    writeFileAtomic(file, text).catch((error: unknown) => onError(error, file));
  const keptSessions = new NewestText((text) => write(sessionsFile, text));
  const damaged = (file: string): void =>
    onError(new HoldfastError("DAMAGED_FILE", "it is not as it was written, and is not used"), file);
  const sessionsText = readIfThere(sessionsFile);
  const known = sessionsText === undefined ? [] : readSessions(sessionsText);
  if (known === undefined) damaged(sessionsFile);
  const sessions = new Sessions(clock, known ?? [], (all) => keptSessions.keep(sealSessions(all)));
  const tables = {
    operate: { true: table, false: restricted(table, { change: "all", subscribe: false }) },
    read: {
      true: restricted(table, { change: "none", subscribe: true }),
      false: restricted(table, { change: "none", subscribe: false }),
    },
  };
  const listen = (port: number): Promise<HttpServer> =>
    HttpServer.listen({
      ...options,
      sessions,
      port,
      table: (role, carriesEvents) => tables[role][`${carriesEvents}`],
      names: namesOf(variables["HOLDFAST_HTTP_NAMES"]),
    });
  const portText = readIfThere(portFile);
  const last = portOf(portText);
  if (portText !== undefined && last === 0) damaged(portFile);
  const server = wanted === undefined ? await listen(last).catch(() => listen(0)) : await listen(wanted);
  if (server.port !== last) await write(portFile, JSON.stringify(server.port));
  return {
    server,
    invite: (role) => ({ url: `${server.url}/#code=${sessions.makeCode(role)}` }),
    list: () =>
      sessions.list().map(({ since, until, ...session }) => ({
        ...session,
        since: new Date(since).toISOString(),
        until: new Date(until).toISOString(),
      })),
    revoke: async (id) => {
      if (!sessions.revoke(id)) throw new HoldfastError("NOT_FOUND", `there is no session ${id}`);
      server.endSession(id);
      await sessions.kept();
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await keptSessions.settled();
    },
  };
}

/** Names beside the loopback's that the daemon may be called by, such as that of a proxy in front of it. */
function namesOf(setting: string | undefined): readonly string[] {
  return (setting ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** 0, which is any, where none was kept or the file is damaged: that is not worth not starting for. */
function portOf(text: string | undefined): number {
  const port = /^[1-9]\d{0,4}$/.test(text?.trim() ?? "") ? Number(text) : 0;
  return port < 65_536 ? port : 0;
}
