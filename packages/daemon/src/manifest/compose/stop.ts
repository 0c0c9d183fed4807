/** `stop_signal` and `stop_grace_period`. */
import { constants } from "node:os";
import type { StopPolicy } from "../../spec/app-spec.ts";
import { didYouMean } from "../nearest.ts";
import type { MapReader } from "../reader.ts";

const defaultGraceMs = 10_000;

/** How a service is stopped; by default SIGTERM and ten seconds. Code `invalid-value`. */
export function readStop(service: MapReader): StopPolicy {
  const signal = readSignal(service);
  const graceMs = service.durationMs("stop_grace_period");
  return { signal: signal ?? "SIGTERM", graceMs: Math.round(graceMs ?? defaultGraceMs), leaderOnly: false };
}

/** A signal by its name, with or without SIG, or by its number. */
function readSignal(service: MapReader): string | undefined {
  const text = service.text("stop_signal");
  if (text === undefined) return undefined;
  const upper = text.trim().toUpperCase();
  const names = Object.keys(constants.signals);
  const byNumber = Object.entries(constants.signals).find(([, number]) => String(number) === upper)?.[0];
  const found = byNumber ?? names.find((name) => name === upper || name === `SIG${upper}`);
  if (found !== undefined) return found;
  const hint = didYouMean(upper.startsWith("SIG") ? upper : `SIG${upper}`, names);
  service.wrong("invalid-value", "stop_signal", `there is no signal ${JSON.stringify(text)}`, hint);
  return undefined;
}
