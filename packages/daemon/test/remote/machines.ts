/** Machines at a real relay on the loopback, each with a daemon whose processes are fakes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatInvitation } from "@holdfast/relay";
import { type Client, createClient } from "@holdfast/rpc";
import { channelPair } from "@holdfast/rpc/testing";
import { type Clock, systemClock, systemRandom } from "@holdfast/runtime";
import { onTestFinished } from "vitest";
import { type OpenRelay, openRelay } from "../../../relay/test/server/open-relay.ts";
import { type AuditEntry, audited } from "../../src/api/audit.ts";
import type { Methods } from "../../src/api/contract.ts";
import { methodTable } from "../../src/api/methods.ts";
import { openTunnel } from "../../src/client/open-tunnel.ts";
import { type LaterRemote, remoteLater } from "../../src/remote/remote-later.ts";
import { ApiServer } from "../../src/server.ts";
import { type FakeDaemon, fakeDaemon } from "../fakes/fake-daemon.ts";

/** One whose patience is a tenth of what it should be. */
export const hastyClock: Clock = {
  ...systemClock,
  setTimeout: (call, ms) => systemClock.setTimeout(call, ms >= 15_000 ? ms / 10 : ms),
};

export interface Machine {
  readonly home: string;
  readonly fake: FakeDaemon;
  readonly remote: LaterRemote;
  /** What changes were asked for, of this machine. */
  readonly changes: readonly AuditEntry[];
  readonly errors: readonly string[];
  /** A local command's connection. */
  readonly local: Client<Methods>;
  /** A local command's connection to another machine. */
  connect(node: string): Promise<Client<Methods>>;
  /** What others called, as it was written down. */
  calls(): readonly AuditEntry[];
  /** Ends the daemon, and starts another one in the same home. */
  restart(): Promise<Machine>;
  stop(): Promise<void>;
}

export interface Machines {
  readonly relay: OpenRelay;
  /** A word with which one machine joins. */
  invitation(name: string): Promise<string>;
  machine(home?: string, clock?: Clock): Promise<Machine>;
  /** One that has joined. */
  joined(name: string, clock?: Clock): Promise<Machine>;
}

export async function machines(): Promise<Machines> {
  const fast = { perSecond: 1e6, burst: 1e6 };
  const relay = await openRelay({ rates: { post: fast, read: fast } });
  const invitation = async (name: string): Promise<string> => {
    await relay.ask("POST", "/v1/slots", { token: relay.admin, body: { slot: name } });
    const token = await relay.mint({ scope: "admin", slot: name, expiresInMs: 60_000 });
    return formatInvitation({ url: relay.url, slot: name, token });
  };
  const machine = async (home = newHome(), clock = systemClock): Promise<Machine> => {
    const fake = fakeDaemon();
    const errors: string[] = [];
    const changes: AuditEntry[] = [];
    const remote = remoteLater({
      ...{ home, clock, random: systemRandom },
      onError: (error, where) => errors.push(`${where}: ${String(error)}`),
    });
    const door = { invite: () => ({ url: "u" }), list: () => [], revoke: () => Promise.resolve() };
    const table = audited(
      methodTable(fake.daemon, () => door, remote.find),
      systemClock,
      (entry) => changes.push(entry),
    );
    const server = new ApiServer(fake.daemon, table, remote.tunnel);
    remote.begin({ table, serve: (channel, ...how) => server.serve(channel, ...how) });
    const channel = () => {
      const [near, far] = channelPair();
      server.accept(far);
      return near;
    };
    // Its time goes on with ours.
    const ticking = setInterval(() => void fake.clock.advance(10), 5);
    let isStopped = false;
    const stop = async (): Promise<void> => {
      if (isStopped) return;
      isStopped = true;
      clearInterval(ticking);
      await server.close();
      await remote[Symbol.asyncDispose]();
    };
    onTestFinished(stop);
    return {
      ...{ home, fake, remote, errors, changes, stop },
      local: createClient<Methods>(channel()),
      connect: async (node) => createClient<Methods>(await openTunnel(channel(), node)),
      calls: () => linesOf(join(home, "remote-calls.log")),
      restart: async () => {
        await stop();
        return await machine(home, clock);
      },
    };
  };
  return {
    ...{ relay, invitation, machine },
    async joined(name, clock) {
      const made = await machine(newHome(), clock);
      await made.local.call("remote.join", { invitation: await invitation(name) });
      return made;
    },
  };
}

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "holdfast-remote-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function linesOf(path: string): readonly AuditEntry[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as AuditEntry);
}
