/** `holdfast relay token mint|list|revoke`. */
import type { MintedToken, TokenList, TokenStatus } from "@holdfast/relay/protocol";
import { parseAge } from "../command-line/times.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { tableLines } from "../terminal/table.ts";
import { type RelayAdmin, relayAdmin } from "./relay-admin.ts";
import type { RelayInvocation } from "./relay-invocation.ts";

export async function token(invocation: RelayInvocation, action: string, id?: string): Promise<ExitCode> {
  const { options, cli } = invocation;
  const admin = relayAdmin(cli, options);
  switch (action) {
    case "mint":
      return await mint(invocation, admin);
    case "list": {
      const query = options.slot === undefined ? "" : `?slot=${encodeURIComponent(options.slot)}`;
      return tell(invocation, ((await admin.call("GET", `/v1/tokens${query}`)) as TokenList).tokens);
    }
    case "revoke":
      if (id === undefined) {
        throw new CommandError(exitCodes.usage, "relay token revoke needs an ID", {
          remedy: "holdfast relay token list --slot SLOT lists them",
        });
      }
      await admin.call("DELETE", `/v1/tokens/${encodeURIComponent(id)}`);
      cli.stderr.write(`${id} is revoked, and its streams have ended\n`);
      return exitCodes.done;
    default:
      throw new CommandError(exitCodes.usage, `relay token cannot ${action}`, {
        remedy: "it can mint, list and revoke",
      });
  }
}

/** The token alone goes to stdout: `holdfast relay token mint … > FILE`. */
async function mint({ options, cli }: RelayInvocation, admin: RelayAdmin): Promise<ExitCode> {
  const { scope, slot, sender, expires } = options;
  if (scope === undefined) {
    throw new CommandError(exitCodes.usage, "relay token mint needs --scope", {
      remedy: "read and post are for one --slot, post has a --sender; admin is for one slot, or for all",
    });
  }
  const minted = (await admin.call("POST", "/v1/tokens", {
    scope,
    ...(slot === undefined ? {} : { slot }),
    ...(sender === undefined ? {} : { sender }),
    ...(expires === undefined ? {} : { expiresInMs: parseAge("--expires", expires) }),
  })) as MintedToken;
  if (options.json === true) cli.stdout.write(`${JSON.stringify(minted)}\n`);
  else {
    cli.stdout.write(`${minted.token}\n`);
    cli.stderr.write(`${minted.id}: told this once, and kept only as a hash\n`);
  }
  return exitCodes.done;
}

function tell({ options, cli }: RelayInvocation, tokens: readonly TokenStatus[]): ExitCode {
  if (options.json === true) {
    cli.stdout.write(`${JSON.stringify(tokens)}\n`);
    return exitCodes.done;
  }
  const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
  const rows = tokens.map(({ id, scope, slot, sender, createdAt, expiresAt }) =>
    [
      id,
      scope,
      slot ?? "",
      sender ?? "",
      time(createdAt),
      expiresAt === null ? "never" : time(expiresAt),
    ].map((text) => ({ text })),
  );
  cli.stdout.write(`${tableLines(columns, rows, { paintTitle: style.dim }).join("\n")}\n`);
  return exitCodes.done;
}

const columns = ["ID", "SCOPE", "SLOT", "SENDER", "SINCE", "UNTIL"].map((title) => ({ title }));

function time(ms: number): string {
  return new Date(ms).toISOString();
}
