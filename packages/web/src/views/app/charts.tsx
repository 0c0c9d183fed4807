import { type ReactNode, useMemo } from "react";
import type { AppStatus, DaemonEvent, Usage } from "../../api.ts";
import { Section } from "../../parts/section.tsx";
import { instanceKey } from "../../state/app-key.ts";
import { useNow } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { bytesText, cpuText } from "../../time/format.ts";
import { Chart, type Series } from "./chart.tsx";

interface ChartsProps {
  readonly rows: readonly AppStatus[];
  readonly events: readonly DaemonEvent[];
  readonly target: { readonly project: string; readonly name: string };
}

const dayMs = 86_400_000;

/** What the app used in the last day, as far as it was looked at, and how often it was restarted. */
export function Charts({ rows, events, target }: ChartsProps): ReactNode {
  const { store } = usePage();
  const past = useAnswer(
    (connection) => connection.call("stats.read", { targets: [target] }),
    `${target.project}/${target.name}`,
  );
  const beat = useNow(2_000);
  const keys = rows.map(instanceKey).join(" ");
  const samples = useMemo(() => {
    void beat;
    const older = past.kind === "there" ? past.value : [];
    return keys.split(" ").map((key) => {
      const live = store.usages(key);
      const first = live[0]?.time ?? "9";
      return [...older.filter((usage) => instanceKey(usage) === key && usage.time < first), ...live];
    });
  }, [past, beat, keys, store]);
  const cpu = useMemo(() => seriesOf(rows.length, samples, ({ cpus }) => cpus), [samples, rows.length]);
  const memory = useMemo(
    () => seriesOf(rows.length, samples, ({ memoryBytes }) => memoryBytes),
    [samples, rows.length],
  );
  const restarts = useMemo(() => restartsOf(rows, events), [rows, events]);
  return (
    <>
      <Section title="CPU">
        <Chart series={cpu} text={cpuText} atLeast={0.05} />
      </Section>
      <Section title="Memory">
        <Chart series={memory} text={bytesText} atLeast={1_048_576} />
      </Section>
      <Section title="Restarts">
        <Chart series={restarts} text={(value) => String(Math.round(value))} atLeast={2} isStepped />
      </Section>
    </>
  );
}

function seriesOf(
  count: number,
  samples: readonly (readonly Usage[])[],
  figure: (usage: Usage) => number | null,
): readonly Series[] {
  return samples.map((usages, index) => ({
    name: count === 1 ? "now" : `no. ${index + 1}`,
    points: usages.map((usage) => ({ at: Date.parse(usage.time), value: figure(usage) })),
  }));
}

function restartsOf(rows: readonly AppStatus[], events: readonly DaemonEvent[]): readonly Series[] {
  const now = Date.now();
  return rows.map((row) => ({
    name: rows.length === 1 ? "since its start" : `no. ${row.instance}`,
    points: [
      ...events
        .filter(({ app, time }) => app?.instance === row.instance && now - Date.parse(time) < dayMs)
        .map(({ app, time }) => ({ at: Date.parse(time), value: app?.restarts ?? null })),
      { at: now, value: row.restarts },
    ],
  }));
}
