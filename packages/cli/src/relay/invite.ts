/** `holdfast relay invite NAME`. */
import { formatInvitation } from "@holdfast/relay";
import type { MintedToken, SlotStatus } from "@holdfast/relay/protocol";
import { parseAge } from "../command-line/times.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { relayAdmin } from "./relay-admin.ts";
import type { RelayInvocation } from "./relay-invocation.ts";

const dayMs = 86_400_000;

/** The word alone goes to stdout: `holdfast relay invite laptop | ssh laptop …`. */
export async function invite({ options, cli }: RelayInvocation, name: string | undefined): Promise<ExitCode> {
  if (name === undefined) {
    throw new CommandError(exitCodes.usage, "relay invite needs a name", {
      remedy: "holdfast relay invite laptop: that is what other machines will call it",
    });
  }
  const { url, call } = relayAdmin(cli, options);
  const address = addressOf(options.address ?? url);
  const { slot } = (await call("POST", "/v1/slots", { slot: name })) as SlotStatus;
  const expiresInMs = options.expires === undefined ? dayMs : parseAge("--expires", options.expires);
  const { token } = (await call("POST", "/v1/tokens", { scope: "admin", slot, expiresInMs })) as MintedToken;
  const word = formatInvitation({ url: address, slot, token });
  cli.stdout.write(options.json === true ? `${JSON.stringify({ slot, invitation: word })}\n` : `${word}\n`);
  cli.stderr.write(`on ${slot}: holdfast remote join with this word. It is good once, and a secret\n`);
  const { hostname, protocol } = new URL(address);
  if (isLoopback(hostname)) {
    cli.stderr.write(`  ${address} is reached from this machine alone: give --address for others\n`);
  } else if (protocol === "http:") {
    cli.stderr.write("  without TLS everybody on the way reads the tokens: give an https:// address\n");
  }
  return exitCodes.done;
}

function addressOf(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new CommandError(exitCodes.usage, `${text} is nowhere that other machines could reach`, {
    remedy: "give --address https://HOST",
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}
