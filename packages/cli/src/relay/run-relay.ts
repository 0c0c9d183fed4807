/** `holdfast relay run`: a relay in the foreground, until a signal. */
import { readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { acquireLock, runMain, writeFileAtomic } from "@holdfast/platform";
import {
  createRelay,
  defaultQuota,
  isProxy,
  openSqliteStore,
  type Relay,
  type RelayOptions,
} from "@holdfast/relay/server";
import { describeError, HoldfastError, type ShutdownToken } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import type { RelayOptions as Options } from "../command-line/relay-options.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { tellError } from "../tell-error.ts";
import { ownVersion } from "../version.ts";
import { isLocal, parseListen } from "./listen-address.ts";
import { openRelayHome, type RelayHome, readText } from "./relay-home.ts";

const defaultAddress = "127.0.0.1:8787";

/** Ends the process: 0 after a signal, 73 when another relay owns the home, 1 for anything else that went wrong. */
export async function runRelayHere(cli: CliEnvironment, options: Options): Promise<never> {
  return await runMain(async (token) => {
    try {
      return await runRelay(cli, options, token);
    } catch (error) {
      return tellError(cli, error);
    }
  });
}

/** Runs a relay until `token` is cancelled. Resolves when nothing of it is left. */
export async function runRelay(
  cli: CliEnvironment,
  options: Options,
  token: ShutdownToken,
): Promise<ExitCode> {
  const address = parseListen(options.listen ?? defaultAddress);
  const tls = tlsOf(options);
  const trustedProxies = proxiesOf(options);
  const home = openRelayHome(cli);
  await using lock = lockOf(home);
  await using relay = createRelay({
    ...(await storeOf(cli, options, home)),
    corsOrigins: options.origin ?? [],
    trustedProxies,
    version: ownVersion(),
    onError: (error, where) => cli.stderr.write(`relay: ${where}: ${describeError(error)}\n`),
  });
  await keepAdminToken(relay, home);
  if ("path" in address) rmSync(address.path, { force: true });
  const url = await relay.listen({ ...address, ...(tls === undefined ? {} : { tls }) });
  await writeFileAtomic(home.urlFile, `${url}\n`);
  cli.stderr.write(`the relay listens at ${url}; the admin token is in ${home.tokenFile}\n`);
  if (tls === undefined && !isLocal(address)) {
    cli.stderr.write(
      "  without TLS everybody on the way reads the tokens: give --tls-key and --tls-cert, or a proxy\n",
    );
  }
  await token.cancelled;
  await relay.stop();
  rmSync(home.urlFile, { force: true });
  lock.release();
  return exitCodes.done;
}

function lockOf(home: RelayHome): ReturnType<typeof acquireLock> {
  try {
    return acquireLock(home);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "ALREADY_RUNNING") throw error;
    throw new CommandError(exitCodes.homeOwned, error.message.replace("daemon", "relay"), {
      remedy: "a relay has a home of its own: set HOLDFAST_HOME, or end the other one",
      cause: error,
    });
  }
}

async function storeOf(
  { variables }: CliEnvironment,
  options: Options,
  home: RelayHome,
): Promise<Pick<RelayOptions, "store" | "wakes">> {
  const url = options.postgres ?? variables["HOLDFAST_RELAY_POSTGRES"];
  if (url === undefined) {
    if (options.nats === undefined) {
      return { store: openSqliteStore({ path: home.database, quota: defaultQuota }) };
    }
    throw new CommandError(
      exitCodes.usage,
      "--nats wakes relays that share a store, and this one has its own",
      {
        remedy: "give --postgres as well",
      },
    );
  }
  const { openPostgresStore, openPostgresWakes } = await import("@holdfast/relay/postgres");
  const store = await openPostgresStore({ url, quota: defaultQuota });
  if (options.nats === undefined) return { store, wakes: await openPostgresWakes({ url }) };
  const { openNatsWakes } = await import("@holdfast/relay/nats");
  return { store, wakes: await openNatsWakes({ servers: options.nats }) };
}

function tlsOf(options: Options): { readonly key: string; readonly cert: string } | undefined {
  const { "tls-key": key, "tls-cert": cert } = options;
  if (key === undefined && cert === undefined) return undefined;
  if (key === undefined || cert === undefined) {
    throw new CommandError(exitCodes.usage, "--tls-key and --tls-cert go together");
  }
  const remedy = "give a PEM file that this user may read";
  return { key: readText(key, "the private key", remedy), cert: readText(cert, "the certificate", remedy) };
}

function proxiesOf({ "trusted-proxy": proxies = [] }: Options): readonly string[] {
  const wrong = proxies.find((proxy) => !isProxy(proxy));
  if (wrong === undefined) return proxies;
  throw new CommandError(exitCodes.usage, `--trusted-proxy ${wrong} is no address and no subnet`, {
    remedy: "give 10.0.0.7, 10.0.0.0/8, fd00::/8, or unix for whoever connects to the Unix socket",
  });
}

/** The token in the file is good, or another one is put there. */
async function keepAdminToken(relay: Relay, { tokenFile }: RelayHome): Promise<void> {
  if (await relay.isAdminToken(textOf(tokenFile))) return;
  const name = hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, "_")
    .slice(0, 48);
  await writeFileAtomic(tokenFile, `${await relay.mintAdminToken(name)}\n`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
