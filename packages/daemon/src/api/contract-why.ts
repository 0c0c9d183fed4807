/** One app looked at closely: why it is as it is, and what it is made of. */
import type { Exit } from "../spec/app-state.ts";
import type { AppStatus } from "./contract-apps.ts";
import type { Origin } from "./contract-events.ts";
import type { LogLine } from "./contract-logs.ts";

/** Why an instance is in the state that it is in. */
export interface Why {
  readonly app: AppStatus;
  /** One sentence: `web is in backoff for 3.2 s more (attempt 4 of 10)`. */
  readonly text: string;
  /** What led to it, the newest first, back to what it began with. */
  readonly chain: readonly WhyLink[];
  /** The last lines before the exit that the chain tells of, else the newest ones. */
  readonly lastLines: readonly LogLine[];
}

export interface WhyLink {
  /** The event it is told by; null where it stands for several. */
  readonly seq: number | null;
  readonly time: string;
  /** Without the app's name where it is the app's own: `exited with code 1 after 0.8 s`. */
  readonly text: string;
  readonly origin: Origin | null;
  readonly by: string | null;
}

/** What an app is made of, and how it did. */
export interface AppDescription {
  readonly project: string;
  readonly name: string;
  /** As a person would type it. */
  readonly command: string;
  readonly workingDirectory: string;
  /** Null: the daemon's own. */
  readonly user: string | null;
  /** What instance 1 is given. What looks secret, by its name or its origin, has the value null: hidden. */
  readonly environment: readonly { readonly name: string; readonly value: string | null }[];
  readonly dependsOn: readonly { readonly app: string; readonly condition: string }[];
  readonly replicas: number;
  /** `on-failure, at most 10 in 60 s`. */
  readonly restart: string;
  readonly stopSignal: string;
  readonly stopGraceMs: number;
  /** A cron pattern, or `every 30 s`. */
  readonly schedule: string | null;
  readonly probes: readonly ProbeReport[];
  /** The newest first, at most 50. */
  readonly exits: readonly PastExit[];
}

/** A probe of an instance, and what it saw. */
export interface ProbeReport {
  readonly instance: number;
  readonly probe: "health" | "readiness" | "liveness";
  /** `http://127.0.0.1:80/healthz`, `127.0.0.1:5432` or a command. */
  readonly what: string;
  readonly intervalMs: number | null;
  /** The newest first, at most 20, of this daemon's time. */
  readonly results: readonly ProbeResult[];
}

export interface ProbeResult {
  readonly time: string;
  readonly ok: boolean;
  /** What was seen: `200`, `connection refused`, `exited with code 1`. */
  readonly text: string;
  readonly tookMs: number;
}

/** A run that is over. */
export interface PastExit {
  readonly instance: number;
  readonly time: string;
  readonly exit: Exit;
  /** Null where it is not known. */
  readonly ranMs: number | null;
}
