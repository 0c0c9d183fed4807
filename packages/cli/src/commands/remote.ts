import { type RemoteNode, type RemoteRole, type RemoteStatus, remoteRoles } from "@holdfast/daemon/api";
import { nearest } from "@holdfast/daemon/nearest";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { RemoteOptions } from "../command-line/remote-options.ts";
import { connectOrStart } from "../connection/connect-or-start.ts";
import type { Daemon } from "../connection/local-daemon.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-codes.ts";
import { ageText, untilText } from "../terminal/age.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { tableLines } from "../terminal/table.ts";

interface RemoteCall {
  readonly cli: CliEnvironment;
  readonly options: RemoteOptions;
  readonly names: readonly string[];
  readonly daemon: Daemon;
}

interface Action {
  /** What must follow it, for the message where it does not; a word in brackets may be left out. */
  readonly takes: readonly string[];
  readonly run: (call: RemoteCall) => Promise<unknown>;
}

const actions: Readonly<Record<string, Action>> = {
  list: { takes: [], run: list },
  join: { takes: ["INVITATION"], run: join },
  pair: { takes: ["[CODE]"], run: pair },
  grant: { takes: ["NAME", "ROLE"], run: grant },
  forget: { takes: ["NAME"], run: forget },
  leave: { takes: [], run: leave },
};

/** `holdfast remote [list|join|pair|grant|forget|leave]`. */
export async function remote({ names: all, options, cli }: Invocation<RemoteOptions>): Promise<ExitCode> {
  const [name = "list", ...names] = all;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined) {
    const near = nearest(name, Object.keys(actions));
    throw new CommandError(exitCodes.usage, `remote cannot ${name}`, {
      remedy: near === undefined ? `it can ${Object.keys(actions).join(", ")}` : `did you mean ${near}?`,
    });
  }
  const least = action.takes.filter((word) => !word.startsWith("[")).length;
  if (names.length < least || names.length > action.takes.length) {
    throw new CommandError(
      exitCodes.usage,
      `remote ${name} takes ${action.takes.join(" and ") || "no more"}`,
      {
        remedy: "holdfast remote --help says how it is used",
      },
    );
  }
  const daemon = await connectOrStart(cli);
  try {
    await action.run({ cli, options, names, daemon });
    return exitCodes.done;
  } finally {
    daemon.close();
  }
}

async function list({ cli, options, daemon }: RemoteCall): Promise<void> {
  const status = await daemon.call("remote.status", {});
  if (options.json === true) {
    cli.stdout.write(`${JSON.stringify(status)}\n`);
    return;
  }
  if (status.relay === null) {
    cli.stderr.write(
      "This machine has joined no relay. `holdfast relay invite NAME`, where one runs, prints what\n" +
        "`holdfast remote join` takes.\n",
    );
    return;
  }
  cli.stdout.write(`${headOf(status)}\n`);
  if (status.nodes.length === 0) {
    cli.stderr.write(
      "No machine is paired. `holdfast remote pair --role operate` prints a code for another one.\n",
    );
    return;
  }
  const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
  const rows = status.nodes.map((node) => row(node, cli.clock.now()));
  cli.stdout.write(`\n${tableLines(columns, rows, { paintTitle: style.dim }).join("\n")}\n`);
}

function headOf({ relay, name, key, state, error }: RemoteStatus): string {
  const why = error === null ? "" : `: ${error}`;
  return `name    ${name}\nrelay   ${relay}, ${state}${why}\nkey     ${key}`;
}

const columns = [
  { title: "MACHINE" },
  { title: "MAY DO HERE" },
  { title: "CONNECTIONS", align: "right" },
  { title: "HEARD OF" },
  { title: "KEY" },
] as const;

function row(
  { name, role, connections, heard, key }: RemoteNode,
  now: number,
): readonly { readonly text: string }[] {
  const ago = heard === null ? "" : `${ageText(now - Date.parse(heard))} ago`;
  const open = connections === 0 ? "" : String(connections);
  return [name, role ?? "nothing", open, ago, key].map((text) => ({ text }));
}

/** A word that was given, or with `-` piped in, so that no list of processes shows it. */
async function wordOf(cli: CliEnvironment, given: string): Promise<string> {
  return given === "-" ? ((await cli.input?.()) ?? "").trim() : given;
}

async function join({ cli, names: [given = ""], daemon }: RemoteCall): Promise<void> {
  const invitation = await wordOf(cli, given);
  const { name, relay } = await daemon.call("remote.join", { invitation });
  cli.stderr.write(`this machine is ${name} at ${relay}\n`);
}

async function pair({ cli, options, names: [given], daemon }: RemoteCall): Promise<void> {
  if (given === undefined) {
    await giveCode(cli, options, daemon);
    return;
  }
  if (options.role !== undefined) {
    throw new CommandError(exitCodes.usage, "--role is said where the code is made", {
      remedy: "the machine that gave the code decides what this one may do there",
    });
  }
  const code = await wordOf(cli, given);
  const name = options.as === undefined ? {} : { name: options.as };
  const paired = await daemon.call("remote.pair", { code, ...name });
  if (options.json === true) cli.stdout.write(`${JSON.stringify(paired)}\n`);
  cli.stderr.write(
    `${paired.name} is paired; this machine may ${abilities[paired.role]} there. holdfast ps --node ${paired.name} lists its apps\n`,
  );
}

/** The code alone goes to stdout. */
async function giveCode(
  cli: CliEnvironment,
  { role, as, json }: RemoteOptions,
  daemon: Daemon,
): Promise<void> {
  if (role === undefined) {
    throw new CommandError(exitCodes.usage, "remote pair needs --role, or the code of another machine", {
      remedy: `--role ${remoteRoles.join("|")} says what the machine that uses the code may do here`,
    });
  }
  if (as !== undefined) throw new CommandError(exitCodes.usage, "--as is said where the code is used");
  const given = await daemon.call("remote.invite", { role: roleNamed(role) });
  cli.stdout.write(`${json === true ? JSON.stringify(given) : given.code}\n`);
  const until = untilText(given.until, cli.clock.now());
  cli.stderr.write(
    `on the other machine: holdfast remote pair with this code. It is good once, ends ${until}, and is a secret:\nwhoever uses it may ${abilities[roleNamed(role)]} here\n`,
  );
}

async function grant({ cli, names: [name = "", role = ""], daemon }: RemoteCall): Promise<void> {
  const given = role === "none" ? {} : { role: roleNamed(role) };
  const node = await daemon.call("remote.grant", { name, ...given });
  const what = node.role === null ? "do nothing" : abilities[node.role];
  cli.stderr.write(`${node.name} may ${what} here\n`);
}

async function forget({ cli, names: [name = ""], daemon }: RemoteCall): Promise<void> {
  await daemon.call("remote.forget", { name });
  cli.stderr.write(`${name} is forgotten\n`);
}

async function leave({ cli, daemon }: RemoteCall): Promise<void> {
  await daemon.call("remote.leave", {});
  cli.stderr.write("this machine has left the relay, and forgotten every other one\n");
}

const abilities: Readonly<Record<RemoteRole, string>> = {
  read: "look",
  operate: "look, start, stop and restart",
  admin: "do everything",
};

function roleNamed(text: string): RemoteRole {
  const role = remoteRoles.find((each) => each === text);
  if (role !== undefined) return role;
  const near = nearest(text, [...remoteRoles]);
  throw new CommandError(exitCodes.usage, `${text} is no role`, {
    remedy: near === undefined ? `the roles are ${remoteRoles.join(", ")}` : `did you mean ${near}?`,
  });
}
