/** All that is watched while an instance runs, brought together into its health and readiness. */
import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { Origin, ProbeReport } from "../api/contract.ts";
import type { OnNotified } from "../runner/runner.ts";
import type { AppSpec, Probe } from "../spec/app-spec.ts";
import type { Health } from "../spec/app-state.ts";
import { hearsNotify, notifyLoop } from "./notify.ts";
import { type Look, type LookResult, probeLoop } from "./probe-loop.ts";

export interface Checked {
  readonly health: Health;
  readonly ready: boolean;
}

type CheckedSpec = Pick<
  AppSpec,
  "healthcheck" | "readiness" | "liveness" | "readyLogLine" | "unreadyKills" | "readyNotify" | "watchdogMs"
>;

export interface CheckSeams {
  readonly clock: Clock;
  readonly look: Look;
  /** Cancelled when the run ends. */
  readonly token: ShutdownToken;
  /** Resolves when the app has written its ready line; never, if it never does. Absent where none is awaited. */
  readonly readyLine?: Promise<void>;
  /** Absent where the app is not heard. */
  readonly onNotified?: OnNotified;
  /** Hears of each look that was taken. */
  readonly onLook?: (probe: ProbeReport["probe"], result: LookResult) => void;
}

interface Verdicts {
  readonly healthcheck: "unknown" | "good" | "bad";
  readonly readiness: "unknown" | "good" | "bad";
  readonly liveness: "unknown" | "good" | "bad";
  readonly readyLine: boolean;
  readonly notifiedReady: boolean;
}

const nothingKnown: Verdicts = {
  healthcheck: "unknown",
  readiness: "unknown",
  liveness: "unknown",
  readyLine: false,
  notifiedReady: false,
};

/** What is known of an instance that was just launched. */
export function firstChecked(spec: CheckedSpec): Checked {
  return summarise(spec, nothingKnown);
}

/**
 * Watches until the token is cancelled. `onChecked` is told each new summary, `onDead` why the
 * instance has to be ended. Resolves when every loop has ended.
 */
export async function runChecks(
  spec: CheckedSpec,
  seams: CheckSeams,
  told: {
    readonly onChecked: (checked: Checked, origin: Origin) => void;
    readonly onDead: (why: string, origin: Origin) => void;
  },
): Promise<void> {
  let verdicts = nothingKnown;
  let last = summarise(spec, verdicts);
  const learn = (news: Partial<Verdicts>, origin: Origin): void => {
    if (seams.token.isCancelled) return;
    verdicts = { ...verdicts, ...news };
    const now = summarise(spec, verdicts);
    if (now.health !== last.health || now.ready !== last.ready) told.onChecked(now, origin);
    last = now;
  };

  const loops: Promise<void>[] = [];
  const watch = (name: "healthcheck" | "readiness" | "liveness", probe: Probe, kills: boolean): void => {
    const kind = name === "healthcheck" ? "health" : name;
    const onResult = (result: LookResult): void => seams.onLook?.(kind, result);
    loops.push(
      probeLoop(probe, { ...seams, onResult }, (verdict, text) => {
        const origin: Origin = { type: "probe", probe: kind, text };
        learn({ [name]: verdict }, origin);
        if (verdict === "bad" && kills) told.onDead(`its ${name} probe failed`, origin);
      }),
    );
  };
  const { healthcheck, readiness, liveness } = spec;
  if (healthcheck !== undefined) watch("healthcheck", healthcheck, false);
  if (readiness !== undefined) watch("readiness", readiness, spec.unreadyKills === true);
  if (liveness !== undefined) watch("liveness", liveness, true);
  const { readyLine } = seams;
  if (readyLine !== undefined) {
    const origin: Origin = { type: "probe", probe: "log", text: "it wrote its ready line" };
    loops.push(
      Promise.race([readyLine.then(() => learn({ readyLine: true }, origin)), cancelled(seams.token)]),
    );
  }
  const { onNotified } = seams;
  if (onNotified !== undefined && hearsNotify(spec)) {
    loops.push(
      notifyLoop(
        spec,
        { ...seams, onNotified },
        {
          onReady: (ready) =>
            learn({ notifiedReady: ready }, saidOf(`it said that it is ${ready ? "" : "not "}ready`)),
          onDead: (why, timer) =>
            told.onDead(why, timer === undefined ? saidOf(why) : { type: "timer", timer }),
        },
      ),
    );
  }
  await Promise.all(loops);
}

function saidOf(text: string): Origin {
  return { type: "probe", probe: "notify", text };
}

function summarise(spec: CheckedSpec, verdicts: Verdicts): Checked {
  return {
    health: health(spec, verdicts),
    ready:
      (spec.healthcheck === undefined || verdicts.healthcheck === "good") &&
      (spec.readiness === undefined || verdicts.readiness === "good") &&
      (spec.readyLogLine === undefined || verdicts.readyLine) &&
      (spec.readyNotify === undefined || verdicts.notifiedReady),
  };
}

function health(spec: CheckedSpec, verdicts: Verdicts): Health {
  const asked = [
    ...(spec.healthcheck === undefined ? [] : [verdicts.healthcheck]),
    ...(spec.readiness === undefined ? [] : [verdicts.readiness]),
    ...(spec.liveness === undefined ? [] : [verdicts.liveness]),
  ];
  if (asked.length === 0) return "none";
  if (asked.includes("bad")) return "unhealthy";
  return asked.includes("unknown") ? "starting" : "healthy";
}

async function cancelled(token: ShutdownToken): Promise<void> {
  await token.cancelled;
}
