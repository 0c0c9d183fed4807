import type { CommandProgram } from "./invocation.ts";
import { dashboardOptions, sessionsOptions, whyOptions } from "./look-options.ts";
import type { Option, OptionsFor, TextOption } from "./option.ts";
import {
  configOptions,
  daemonOptions,
  doctorOptions,
  downOptions,
  eventsOptions,
  logsOptions,
  noOptions,
  operationsOptions,
  planOptions,
  psOptions,
  removeOptions,
  restartOptions,
  startOptions,
  stopOptions,
  topOptions,
  upOptions,
  webhooksOptions,
} from "./options.ts";
import { relayOptions } from "./relay-options.ts";
import { remoteOptions } from "./remote-options.ts";

/** The values of a command's options, whichever command it is. */
export type CommandValues = Readonly<Record<string, boolean | string | readonly string[]>>;

/** One command as the command line knows it. Its program is loaded only when it is run: start-up time counts. */
export interface Command {
  readonly name: string;
  /** What may follow the name, beside options. */
  readonly names: string;
  /** How many names may be given. */
  readonly maxNames: number;
  readonly summary: string;
  /** Further lines of `--help`. */
  readonly notes?: string;
  readonly options: Readonly<Record<string, Option>>;
  /** True: it also works on another machine, and takes `--node`. */
  readonly isAnywhere?: boolean;
  readonly load: () => Promise<CommandProgram<CommandValues>>;
}

const nodeOption: TextOption = {
  type: "string",
  value: "NAME",
  help: "the machine, if not this one: one that holdfast remote lists",
};

/** Ties a command's program to its own options; the table holds them all alike. */
function command<Values>(
  entry: Omit<Command, "options" | "load"> & {
    readonly options: OptionsFor<Values>;
    readonly load: () => Promise<CommandProgram<Values>>;
  },
): Command {
  const made = entry as unknown as Command;
  return made.isAnywhere === true ? { ...made, options: { ...made.options, node: nodeOption } } : made;
}

const anyNumber: number = Number.POSITIVE_INFINITY;

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  command({
    name: "up",
    names: "[APP]…",
    maxNames: anyNumber,
    summary: "start the apps of the manifest and follow their logs; Ctrl-C stops what it started",
    notes: `Starts the daemon if none runs. Without -f, the manifest is the first of holdfast.yaml, compose.yaml,
docker-compose.yml, process-compose.yaml and Procfile in this directory. With APP…, only those and what they need.
The first Ctrl-C stops in reverse order, a second one kills at once, a third one leaves.
Exits with 0 when it was interrupted or all apps have completed, 1 when one failed, 2 when the manifest is wrong.`,
    options: upOptions,
    load: async () => (await import("../commands/up.ts")).up,
  }),
  command({
    name: "down",
    names: "",
    maxNames: 0,
    summary: "stop every app of the manifest, in reverse order of dependency",
    options: downOptions,
    load: async () => (await import("../commands/down.ts")).down,
  }),
  command({
    name: "ps",
    names: "[APP]…",
    maxNames: anyNumber,
    summary: "list the apps: of this directory's project, or of all",
    options: psOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/ps.ts")).ps,
  }),
  command({
    name: "top",
    names: "",
    maxNames: 0,
    summary: "watch and steer the apps on the whole terminal",
    notes: `A table, a graph of what needs what, the log of an app, and why it is in its state; ? lists the keys.
Needs a terminal; stays, and comes back by itself, when the daemon goes away.`,
    options: topOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/top.ts")).top,
  }),
  command({
    name: "start",
    names: "APP…",
    maxNames: anyNumber,
    summary: "start apps, and what they need",
    options: startOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/operate.ts")).start,
  }),
  command({
    name: "stop",
    names: "APP…",
    maxNames: anyNumber,
    summary: "stop apps",
    options: stopOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/operate.ts")).stop,
  }),
  command({
    name: "restart",
    names: "APP…",
    maxNames: anyNumber,
    summary: "stop apps and start them again",
    options: restartOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/operate.ts")).restart,
  }),
  command({
    name: "remove",
    names: "APP…",
    maxNames: anyNumber,
    summary: "stop apps for good, delete their logs and forget them",
    notes: `An app that another one needs is removed only together with that one. What the manifest still has comes back
with the next \`up\`. Files of your own (\`volumes\`, a \`log\` file that you named) are never touched.`,
    options: removeOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/operate.ts")).remove,
  }),
  command({
    name: "logs",
    names: "[APP]…",
    maxNames: anyNumber,
    summary: "print what the apps wrote",
    options: logsOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/logs.ts")).logs,
  }),
  command({
    name: "why",
    names: "APP…",
    maxNames: anyNumber,
    summary: "print why an app is as it is, back to what that began with",
    options: whyOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/why.ts")).why,
  }),
  command({
    name: "events",
    names: "",
    maxNames: 0,
    summary: "print what happened",
    options: eventsOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/events.ts")).events,
  }),
  command({
    name: "operations",
    names: "[APP]…",
    maxNames: anyNumber,
    summary: "print what was asked of the apps, by whom, and what came of it",
    options: operationsOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/operations.ts")).operations,
  }),
  command({
    name: "webhooks",
    names: "",
    maxNames: 0,
    summary: "print who is told of events, and how it goes; exits with 1 when one fails",
    options: webhooksOptions,
    isAnywhere: true,
    load: async () => (await import("../commands/webhooks.ts")).webhooks,
  }),
  command({
    name: "config",
    names: "",
    maxNames: 0,
    summary: "check the manifest and print what would run",
    options: configOptions,
    load: async () => (await import("../commands/config.ts")).config,
  }),
  command({
    name: "plan",
    names: "[APP]…",
    maxNames: anyNumber,
    summary: "print what `up` would change, and how long its stops can take; changes nothing",
    notes: `Values of variables and of HTTP headers are not printed. A JSON document with --json.
Exits with 0; with --exit-code, with 1 if \`up\` would change anything; 2 when the manifest is wrong.`,
    options: planOptions,
    load: async () => (await import("../commands/plan.ts")).plan,
  }),
  command({
    name: "dashboard",
    names: "",
    maxNames: 0,
    summary: "open the dashboard in a browser, or print the URL that lets one in",
    options: dashboardOptions,
    load: async () => (await import("../commands/dashboard.ts")).dashboard,
  }),
  command({
    name: "sessions",
    names: "[list|revoke ID…]",
    maxNames: anyNumber,
    summary: "list the browsers that are logged in, or log some out",
    options: sessionsOptions,
    load: async () => (await import("../commands/sessions.ts")).sessions,
  }),
  command({
    name: "daemon",
    names: "[run|start|stop|status|unit]",
    maxNames: 1,
    summary: "run the daemon, start or stop it in the background, ask for it, or print a systemd unit",
    notes: `run      run it here, in the foreground (the default)
start    start it in the background
stop     stop the apps and the daemon
status   say whether it runs; exits with 69 if not
unit     print a systemd unit that keeps it running`,
    options: daemonOptions,
    load: async () => (await import("../commands/daemon.ts")).daemon,
  }),
  command({
    name: "relay",
    names: "run | invite NAME | slot|token [ACTION [NAME]]",
    maxNames: 3,
    summary: "run a relay with mailboxes for nodes behind any NAT, or administer one",
    notes: `run                      run it here, in the foreground, with its state in this home (or in PostgreSQL)
slot create [SLOT]       make a mailbox; without a name one that nobody guesses
slot list|delete [SLOT]
invite NAME              make a mailbox, and print the word with which that machine joins, once
token mint --scope S …   print a token, once: read, post (with --sender) or admin, of --slot
token list|revoke [ID]`,
    options: relayOptions,
    load: async () => (await import("../commands/relay.ts")).relay,
  }),
  command({
    name: "remote",
    names: "[list | join INVITATION | pair [CODE] | grant NAME ROLE | forget NAME | leave]",
    maxNames: 3,
    summary: "reach other machines through a relay, and let them reach this one",
    notes: `list               say how it stands with the relay, and which machines are known (the default)
join INVITATION    take over the mailbox that \`holdfast relay invite NAME\` made for this machine
pair --role ROLE   print a code, good once and for ten minutes, that lets another machine in:
                   read looks; operate also starts, stops and restarts; admin does everything
pair CODE          use such a code here; then holdfast ps --node NAME tells of the machine that gave it
                   with - the word is read from standard input, where no list of processes shows it
grant NAME ROLE    change what a machine may do here; none for nothing
forget NAME        trust a machine no longer
leave              give the mailbox up, and forget every machine`,
    options: remoteOptions,
    load: async () => (await import("../commands/remote.ts")).remote,
  }),
  command({
    name: "doctor",
    names: "",
    maxNames: 0,
    summary: "check the machine, the home and the daemon, and say what to do about what is wrong",
    notes: "Changes nothing. Exits with 1 when there is a problem; a warning is none.",
    options: doctorOptions,
    load: async () => (await import("../commands/doctor.ts")).doctor,
  }),
  command({
    name: "completion",
    names: "bash|zsh|fish",
    maxNames: 1,
    summary: "print a script with which a shell completes commands, options and the names of apps",
    notes: `bash   eval "$(holdfast completion bash)" in ~/.bashrc
zsh    eval "$(holdfast completion zsh)" in ~/.zshrc, after compinit
fish   holdfast completion fish > ~/.config/fish/completions/holdfast.fish`,
    options: noOptions,
    load: async () => (await import("../commands/completion.ts")).completion,
  }),
  command({
    name: "version",
    names: "",
    maxNames: 0,
    summary: "print the version",
    options: noOptions,
    load: async () => (await import("../commands/version.ts")).printVersion,
  }),
];
