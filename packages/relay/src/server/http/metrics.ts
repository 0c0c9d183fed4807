import type { Counters } from "../counters.ts";
import type { StoreUsage } from "../store/relay-store.ts";

export const metricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export interface Gauges {
  readonly usage: StoreUsage;
  readonly readers: number;
  readonly requests: number;
  readonly residentBytes: number;
}

/** The OpenMetrics text (https://github.com/prometheus/OpenMetrics) of a relay. */
export function metricsText(counters: Counters, { usage, readers, requests, residentBytes }: Gauges): string {
  const gauge = (name: string, tells: string, value: number): string[] => [
    `# TYPE holdfast_relay_${name} gauge`,
    `# HELP holdfast_relay_${name} ${tells}`,
    `holdfast_relay_${name} ${value}`,
  ];
  const counter = (name: string, tells: string, value: number): string[] => [
    `# TYPE holdfast_relay_${name} counter`,
    `# HELP holdfast_relay_${name} ${tells}`,
    `holdfast_relay_${name}_total ${value}`,
  ];
  return [
    ...gauge("slots", "Slots there are.", usage.slots),
    ...gauge("stored_events", "Events that are kept.", usage.events),
    ...gauge("stored_bytes", "Bytes of the envelopes that are kept.", usage.bytes),
    ...gauge("readers", "Streams that are open.", readers),
    ...gauge("requests", "Requests under way, streams left out.", requests),
    ...gauge("resident_memory_bytes", "Memory of the process.", residentBytes),
    ...counter("appended", "Events that were stored.", counters.appended),
    ...counter("appended_bytes", "Bytes of the envelopes that were stored.", counters.appendedBytes),
    ...counter("repeated", "Postings of what had been stored before.", counters.repeated),
    ...counter("pulls", "Pages that were read.", counters.pulls),
    ...counter("pulled_events", "Events in those pages.", counters.pulledEvents),
    ...counter("streams", "Streams that were opened.", counters.streams),
    ...counter("wakes", "Wakes that were written to streams.", counters.wakes),
    ...counter("heartbeats", "Heartbeats that were written to streams.", counters.heartbeats),
    ...counter("stalled", "Streams that were cut because their reader took nothing.", counters.cutStalled),
    ...counter("trimmed", "Events that were trimmed.", counters.trimmed),
    ...counter("errors", "Failures on the relay's side.", counters.errors),
    "# TYPE holdfast_relay_refused counter",
    "# HELP holdfast_relay_refused Requests that were refused, by the code of the error.",
    ...[...counters.refused].map(([code, count]) => `holdfast_relay_refused_total{code="${code}"} ${count}`),
    "# EOF",
    "",
  ].join("\n");
}
