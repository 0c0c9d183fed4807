import type { ReactNode } from "react";
import type { AppStatus } from "../api.ts";
import { instanceKey } from "../state/app-key.ts";
import { useNow } from "../state/hooks.ts";
import { usePage } from "../state/page.ts";
import { stateLook, type Tone } from "../state/state-look.ts";

/** The state of an instance in colour, sign and word, with what is to be known beside it. */
export function StatePill({
  row,
  withDetail = true,
}: {
  readonly row: AppStatus;
  readonly withDetail?: boolean;
}): ReactNode {
  const { store } = usePage();
  const sentence = store.sentence(instanceKey(row));
  // What stands still needs no clock.
  const { ticks } = stateLook(row, sentence, 0);
  const now = useNow(ticks ? 100 : 3_600_000);
  const { tone, label, detail, share } = stateLook(row, sentence, now);
  return (
    <span className="state" data-state={row.state}>
      <span className={`pill ${tone}`}>
        <ToneSign tone={tone} />
        {label}
      </span>
      {withDetail && detail !== null && (
        <span className="state-detail" title={detail}>
          {detail}
        </span>
      )}
      {withDetail && share !== null && (
        <progress className={`budget ${tone}`} max={1} value={share} aria-label="Share of its time" />
      )}
    </span>
  );
}

/** A sign for each tone, so that no colour is needed to tell them apart. */
export function ToneSign({ tone }: { readonly tone: Tone }): ReactNode {
  return (
    <svg className={`sign ${tone}`} viewBox="0 0 12 12" aria-hidden="true">
      <path d={signs[tone]} />
    </svg>
  );
}

const signs: Readonly<Record<Tone, string>> = {
  good: "M6 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
  busy: "M6 1.5a4.5 4.5 0 1 1-4.5 4.5",
  ending: "M6 1.5a4.5 4.5 0 1 1-4.5 4.5",
  waiting: "M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM6 3.5V6l1.8 1.4",
  bad: "M2.5 2.5l7 7M9.5 2.5l-7 7",
  done: "M1.8 6.4l2.8 2.8 5.6-6",
  idle: "M6 2.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
  unknown: "M4 4.2a2 2 0 1 1 2.6 1.9c-.5.2-.6.5-.6 1.1M6 9.5v.3",
};
