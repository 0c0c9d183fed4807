/** All that is watched while an instance runs, brought together into its health and readiness. */
import type { Clock, ShutdownToken } from "@holdfast/runtime";
import type { OnNotified } from "../runner/runner.ts";
import type { AppSpec } from "../spec/app-spec.ts";
import type { Health } from "../spec/app-state.ts";
import { hearsNotify, notifyLoop } from "./notify.ts";
import { type Look, probeLoop } from "./probe-loop.ts";

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
  told: { readonly onChecked: (checked: Checked) => void; readonly onDead: (why: string) => void },
): Promise<void> {
  let verdicts = nothingKnown;
  let last = summarise(spec, verdicts);
  const learn = (news: Partial<Verdicts>): void => {
    if (seams.token.isCancelled) return;
    verdicts = { ...verdicts, ...news };
    const now = summarise(spec, verdicts);
    if (now.health !== last.health || now.ready !== last.ready) told.onChecked(now);
    last = now;
  };

  const loops: Promise<void>[] = [];
  const { healthcheck, readiness, liveness } = spec;
  if (healthcheck !== undefined) {
    loops.push(probeLoop(healthcheck, seams, (verdict) => learn({ healthcheck: verdict })));
  }
  if (readiness !== undefined) {
    loops.push(
      probeLoop(readiness, seams, (verdict) => {
        learn({ readiness: verdict });
        if (verdict === "bad" && spec.unreadyKills === true) told.onDead("its readiness probe failed");
      }),
    );
  }
  if (liveness !== undefined) {
    loops.push(
      probeLoop(liveness, seams, (verdict) => {
        learn({ liveness: verdict });
        if (verdict === "bad") told.onDead("its liveness probe failed");
      }),
    );
  }
  const { readyLine } = seams;
  if (readyLine !== undefined) {
    loops.push(Promise.race([readyLine.then(() => learn({ readyLine: true })), cancelled(seams.token)]));
  }
  const { onNotified } = seams;
  if (onNotified !== undefined && hearsNotify(spec)) {
    loops.push(
      notifyLoop(
        spec,
        { ...seams, onNotified },
        { onReady: (ready) => learn({ notifiedReady: ready }), onDead: told.onDead },
      ),
    );
  }
  await Promise.all(loops);
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
