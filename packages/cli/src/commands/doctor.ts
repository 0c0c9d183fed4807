import { lockHolder } from "@holdfast/platform";
import { describeError } from "@holdfast/runtime";
import type { CliEnvironment } from "../cli-environment.ts";
import type { Invocation } from "../command-line/invocation.ts";
import type { DoctorOptions } from "../command-line/options.ts";
import { tryConnect } from "../connection/connect.ts";
import { homeOf, socketOf } from "../connection/home.ts";
import type { Circumstances, Finding, Look } from "../doctor/finding.ts";
import { findingsText } from "../doctor/findings-text.ts";
import { lookAtDaemon, lookAtLeftovers } from "../doctor/look-at-daemon.ts";
import { lookAtDisk, lookAtHome } from "../doctor/look-at-home.ts";
import {
  lookAtCgroups,
  lookAtClock,
  lookAtEngine,
  lookAtInotify,
  lookAtKeeper,
  lookAtNode,
  lookAtOpenFiles,
  lookAtUnit,
} from "../doctor/look-at-machine.ts";
import { lookAtManifest } from "../doctor/look-at-manifest.ts";
import { lookAtRelay } from "../doctor/look-at-relay.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { makeStyle, wantsColour } from "../terminal/style.ts";
import { ownVersion } from "../version.ts";

/** In the order in which they are told; the name is what is told when a look itself fails. */
const looks: readonly (readonly [string, Look])[] = [
  ["node", lookAtNode],
  ["home", lookAtHome],
  ["disk", lookAtDisk],
  ["daemon", lookAtDaemon],
  ["relay", lookAtRelay],
  ["leftovers", lookAtLeftovers],
  ["keeper", lookAtKeeper],
  ["cgroups", lookAtCgroups],
  ["inotify", lookAtInotify],
  ["open files", lookAtOpenFiles],
  ["clock", lookAtClock],
  ["systemd", lookAtUnit],
  ["containers", lookAtEngine],
  ["manifest", lookAtManifest],
];

/** A daemon that takes longer to say who it is does not answer. */
const answerMs = 3_000;

/** `holdfast doctor`. */
export async function doctor({ options, cli }: Invocation<DoctorOptions>): Promise<ExitCode> {
  const circumstances = await circumstancesOf(cli);
  const findings: Finding[] = [];
  for (const [check, look] of looks) {
    try {
      findings.push(...(await look(circumstances)));
    } catch (error) {
      findings.push({ check, level: "problem", text: describeError(error) });
    }
  }
  if (options.json === true) {
    const whole = findings.map(({ check, level, text, means = null, remedy = null }) => ({
      check,
      level,
      text,
      means,
      remedy,
    }));
    cli.stdout.write(`${JSON.stringify(whole)}\n`);
  } else {
    const style = makeStyle(wantsColour(cli.stdout.isTerminal, cli.variables));
    const columns = cli.stdout.isTerminal ? cli.stdout.columns : Number.POSITIVE_INFINITY;
    cli.stdout.write(findingsText(findings, columns, style));
  }
  return findings.some(({ level }) => level === "problem") ? exitCodes.failed : exitCodes.done;
}

async function circumstancesOf(cli: CliEnvironment): Promise<Circumstances> {
  const home = homeOf(cli);
  const known = {
    cli,
    home,
    socket: socketOf(cli),
    holder: lockHolder({ path: home }),
    ownVersion: ownVersion(),
  };
  try {
    const connection = await tryConnect(cli);
    if (connection === undefined) return { ...known, daemon: undefined, refused: undefined };
    try {
      const system = await connection.call("system.info", {}, { timeoutMs: answerMs });
      const apps = await connection.call("apps.list", {}, { timeoutMs: answerMs });
      const remote = await connection
        .call("remote.status", {}, { timeoutMs: answerMs })
        .catch(() => undefined);
      return { ...known, daemon: { system, apps, ...(remote && { remote }) }, refused: undefined };
    } finally {
      connection.close();
    }
  } catch (error) {
    return { ...known, daemon: undefined, refused: describeError(error) };
  }
}
