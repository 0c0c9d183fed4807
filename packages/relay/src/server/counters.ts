/** What a relay has done since it began. */
export interface Counters {
  appended: number;
  repeated: number;
  appendedBytes: number;
  pulls: number;
  pulledEvents: number;
  streams: number;
  wakes: number;
  heartbeats: number;
  cutStalled: number;
  trimmed: number;
  errors: number;
  readonly refused: Map<string, number>;
}

export function newCounters(): Counters {
  return {
    appended: 0,
    repeated: 0,
    appendedBytes: 0,
    pulls: 0,
    pulledEvents: 0,
    streams: 0,
    wakes: 0,
    heartbeats: 0,
    cutStalled: 0,
    trimmed: 0,
    errors: 0,
    refused: new Map(),
  };
}
