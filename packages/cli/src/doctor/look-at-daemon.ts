import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bootId, type ProcessTable, scanProcesses } from "@holdfast/platform";
import { type Circumstances, type Finding, ok, quoted } from "./finding.ts";
import { commandOf } from "./proc.ts";

/** Whether one runs, can be spoken to, and is of this version. */
export function lookAtDaemon({
  daemon,
  holder,
  socket,
  home,
  refused,
  ownVersion,
}: Circumstances): readonly Finding[] {
  const check = "daemon";
  if (daemon !== undefined) {
    const { pid, version } = daemon.system;
    if (version === ownVersion) return ok(check, `pid ${pid}, version ${version}, answers`);
    return [
      {
        check,
        level: "warning",
        text: `the daemon is version ${version}, this command ${ownVersion}`,
        means: "what only one of them knows does not work; apps run on over a change of daemons",
        remedy: "holdfast daemon stop --keep-apps && holdfast daemon start",
      },
    ];
  }
  if (holder !== undefined) {
    const why = refused ?? (existsSync(socket) ? "it does not answer" : `its socket ${socket} is gone`);
    return [
      {
        check,
        level: "problem",
        text: `the daemon with pid ${holder} holds ${home}, but ${why}`,
        means: "no command can reach it; its apps run on without one, and the next daemon takes them over",
        remedy: `kill -9 ${holder} && holdfast daemon start`,
      },
    ];
  }
  if (existsSync(socket)) {
    return [
      {
        check,
        level: "warning",
        text: `none runs, and one that was killed left its socket ${socket}`,
        means: "the next daemon replaces it, and takes up what ran",
        remedy: "holdfast daemon start",
      },
    ];
  }
  return ok(check, "none runs; holdfast up starts one");
}

/** Programs that a daemon of this home started and that none knows of, and files of earlier boots. */
export function lookAtLeftovers({ home, daemon }: Circumstances): readonly Finding[] {
  return [...strays(home, daemon), ...oldRuns(home, daemon !== undefined)];
}

function strays(home: string, daemon: Circumstances["daemon"]): readonly Finding[] {
  const check = "leftovers";
  const own = cookiesOf(join(home, "run", bootId()));
  const table: ProcessTable = own.size === 0 ? new Map() : scanProcesses();
  const known = new Set(
    (daemon?.apps ?? []).flatMap(({ pid }) => (pid === null ? [] : [table.get(pid)?.cookie ?? ""])),
  );
  const left = [...table.values()].filter(
    ({ cookie }) => cookie !== undefined && own.has(cookie) && !known.has(cookie),
  );
  const shown = left.slice(0, 5).map(({ pid }) => `${pid} (${commandOf(pid)})`);
  const more = left.length > shown.length ? ` and ${left.length - shown.length} more` : "";
  if (left.length === 0) return ok(check, "no program of this home runs that no daemon knows of");
  if (daemon === undefined) {
    return [
      {
        check,
        level: "warning",
        text: `apps run without a daemon: pid ${shown.join(", ")}${more}`,
        means: "they are not started again when they end",
        remedy: "holdfast daemon start",
      },
    ];
  }
  return [
    {
      check,
      level: "warning",
      text: `programs run that the daemon does not know: pid ${shown.join(", ")}${more}`,
      means: "what an app left behind while nobody watched it",
      remedy: `kill ${left.map(({ pid }) => pid).join(" ")}`,
    },
  ];
}

function oldRuns(home: string, hasDaemon: boolean): readonly Finding[] {
  const old = namesIn(join(home, "run")).filter((name) => name !== bootId());
  if (old.length === 0) return [];
  return [
    {
      check: "leftovers",
      level: hasDaemon ? "warning" : "ok",
      text: `run files of ${old.length} earlier boot${old.length === 1 ? "" : "s"} lie in ${home}/run`,
      means: "nothing believes them; a daemon that starts removes them",
      ...(hasDaemon && { remedy: `rm -r ${old.map((name) => quoted(join(home, "run", name))).join(" ")}` }),
    },
  ];
}

function cookiesOf(directory: string): ReadonlySet<string> {
  return new Set(namesIn(directory).flatMap((name) => (name.endsWith(".pid") ? [name.slice(0, -4)] : [])));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
