import type { ListOption, OptionsFor, SwitchOption, TextOption } from "./option.ts";

/** What each command's program gets; an option that was not given is absent. */
export interface UpOptions {
  readonly file?: readonly string[];
  readonly detach?: boolean;
  readonly "project-name"?: string;
  readonly profile?: readonly string[];
  readonly "abort-on-exit"?: boolean;
  readonly "remove-orphans"?: boolean;
  readonly "no-log-prefix"?: boolean;
  readonly timestamps?: boolean;
  readonly raw?: boolean;
}

export interface DownOptions {
  readonly file?: readonly string[];
  readonly "project-name"?: string;
  readonly timeout?: string;
}

export interface PsOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly all?: boolean;
  readonly "project-name"?: string;
}

export interface TopOptions {
  readonly all?: boolean;
  readonly "project-name"?: string;
}

/** Of `start`, `stop` and `restart`. */
export interface OperateOptions {
  readonly all?: boolean;
  readonly "project-name"?: string;
  readonly "no-wait"?: boolean;
  readonly timeout?: string;
  readonly json?: boolean;
}

export interface RestartOptions extends OperateOptions {
  readonly rolling?: boolean;
}

export interface RemoveOptions extends OperateOptions {
  readonly "keep-data"?: boolean;
}

export interface LogsOptions {
  readonly follow?: boolean;
  readonly lines?: string;
  readonly since?: string;
  readonly until?: string;
  readonly level?: string;
  readonly stream?: string;
  readonly grep?: string;
  readonly timestamps?: boolean;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly all?: boolean;
  readonly "project-name"?: string;
}

export interface EventsOptions {
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly after?: string;
  readonly lines?: string;
  readonly all?: boolean;
  readonly "project-name"?: string;
}

export interface OperationsOptions {
  readonly since?: string;
  readonly lines?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly "project-name"?: string;
}

export interface WebhooksOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly "project-name"?: string;
}

export interface ConfigOptions {
  readonly file?: readonly string[];
  readonly "project-name"?: string;
  readonly profile?: readonly string[];
  readonly json?: boolean;
}

export interface PlanOptions {
  readonly file?: readonly string[];
  readonly "project-name"?: string;
  readonly profile?: readonly string[];
  readonly "remove-orphans"?: boolean;
  readonly "exit-code"?: boolean;
  readonly json?: boolean;
}

export interface DaemonOptions {
  readonly "on-demand"?: boolean;
  readonly "keep-apps"?: boolean;
  readonly json?: boolean;
}

export interface DoctorOptions {
  readonly json?: boolean;
}

export type NoOptions = Readonly<Record<never, never>>;

const file: ListOption = {
  type: "string",
  short: "f",
  multiple: true,
  value: "FILE",
  help: "the manifest, or several that are merged in this order",
};
const projectName: TextOption = {
  type: "string",
  short: "p",
  value: "NAME",
  help: "the project, if not this directory's",
};
const profile: ListOption = {
  type: "string",
  multiple: true,
  value: "NAME",
  help: "also the apps of this profile; may be given several times",
};
const json: SwitchOption = { type: "boolean", help: "print JSON" };
const jsonLines: SwitchOption = { type: "boolean", help: "print one JSON object a line" };
const raw: SwitchOption = {
  type: "boolean",
  help: "print what the apps wrote, untouched: no names, escape sequences kept",
};
const all: SwitchOption = { type: "boolean", short: "a", help: "the apps of all projects" };
const timestamps: SwitchOption = { type: "boolean", help: "print the time before each line" };
const grace: TextOption = {
  type: "string",
  value: "S",
  help: "seconds to wait before killing, instead of each app's own",
};
const removeOrphans: SwitchOption = {
  type: "boolean",
  help: "stop apps of the project that the manifest no longer has",
};

export const upOptions: OptionsFor<UpOptions> = {
  file,
  detach: { type: "boolean", short: "d", help: "return when the apps run, and leave them running" },
  "project-name": projectName,
  profile,
  "abort-on-exit": { type: "boolean", help: "stop all apps as soon as one ends" },
  "remove-orphans": removeOrphans,
  "no-log-prefix": { type: "boolean", help: "print lines without the app's name" },
  timestamps,
  raw,
};

export const downOptions: OptionsFor<DownOptions> = { file, "project-name": projectName, timeout: grace };

export const psOptions: OptionsFor<PsOptions> = {
  json,
  watch: { type: "boolean", short: "w", help: "show it anew whenever it changes" },
  all,
  "project-name": projectName,
};

export const topOptions: OptionsFor<TopOptions> = { all, "project-name": projectName };

export const startOptions: OptionsFor<OperateOptions> = {
  all: { type: "boolean", short: "a", help: "every app of the project" },
  "project-name": projectName,
  "no-wait": { type: "boolean", help: "return at once" },
  timeout: { type: "string", value: "S", help: "seconds to wait until it runs" },
  json,
};

export const stopOptions: OptionsFor<OperateOptions> = { ...startOptions, timeout: grace };

export const restartOptions: OptionsFor<RestartOptions> = {
  ...stopOptions,
  rolling: {
    type: "boolean",
    help: "one instance at a time, or as update_config says, each ready before the next",
  },
};

export const removeOptions: OptionsFor<RemoveOptions> = {
  ...stopOptions,
  "keep-data": { type: "boolean", help: "leave the logs where they are" },
};

export const logsOptions: OptionsFor<LogsOptions> = {
  follow: { type: "boolean", short: "f", help: "go on with each new line" },
  lines: {
    type: "string",
    short: "n",
    value: "N",
    help: "the last N lines of each app (default: all; 20 with -f)",
  },
  since: { type: "string", value: "T", help: "lines since a time: 90s, 10m, 2h, 3d or RFC 3339" },
  until: { type: "string", value: "T", help: "lines until a time, given like that" },
  level: {
    type: "string",
    value: "L",
    help: "lines at least so grave: trace debug info warn error fatal (one that says nothing is info)",
  },
  stream: {
    type: "string",
    value: "STREAM",
    help: "stdout or stderr, of apps with log: { split: true }",
  },
  grep: { type: "string", short: "g", value: "TEXT", help: "lines with this text in them" },
  timestamps,
  json: jsonLines,
  raw,
  all,
  "project-name": projectName,
};

export const eventsOptions: OptionsFor<EventsOptions> = {
  follow: { type: "boolean", short: "f", help: "go on with each new event" },
  json: jsonLines,
  after: { type: "string", value: "SEQ", help: "events after this number" },
  lines: {
    type: "string",
    short: "n",
    value: "N",
    help: "the last N events, or all (default: 200; 0 with -f)",
  },
  all,
  "project-name": projectName,
};

export const operationsOptions: OptionsFor<OperationsOptions> = {
  since: { type: "string", value: "T", help: "those begun since a time: 90s, 10m, 2h, 3d or RFC 3339" },
  lines: { type: "string", short: "n", value: "N", help: "the last N, or all (default: 50)" },
  json: jsonLines,
  all,
  "project-name": projectName,
};

export const webhooksOptions: OptionsFor<WebhooksOptions> = { json, all, "project-name": projectName };

export const configOptions: OptionsFor<ConfigOptions> = {
  file,
  "project-name": projectName,
  profile,
  json,
};

export const planOptions: OptionsFor<PlanOptions> = {
  file,
  "project-name": projectName,
  profile,
  "remove-orphans": removeOrphans,
  "exit-code": { type: "boolean", help: "exit with 1 if `up` would change anything" },
  json,
};

export const daemonOptions: OptionsFor<DaemonOptions> = {
  "on-demand": { type: "boolean", help: "with run: end when the last `up` that needs it does" },
  "keep-apps": { type: "boolean", help: "with stop: leave the apps running" },
  json: { type: "boolean", help: "with status: print JSON" },
};

export const doctorOptions: OptionsFor<DoctorOptions> = { json };

export const noOptions: OptionsFor<NoOptions> = {};
