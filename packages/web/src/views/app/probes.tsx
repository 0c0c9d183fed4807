import type { ReactNode } from "react";
import type { AppDescription, ProbeReport } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { useNow } from "../../state/hooks.ts";
import type { Answer } from "../../state/use-answer.ts";
import { ageText, durationText } from "../../time/format.ts";

interface ProbesProps {
  readonly answer: Answer<AppDescription | undefined>;
}

/** What the checks of an app saw last. */
export function Probes({ answer }: ProbesProps): ReactNode {
  return (
    <Section title="Probes">
      <Answered answer={answer}>
        {(description) =>
          description === undefined || description.probes.length === 0 ? (
            <p className="soft">
              It has no check: it counts as ready once it runs. A healthcheck in its manifest adds one.
            </p>
          ) : (
            <ul className="probes">
              {description.probes.map((report) => (
                <Probe
                  key={`${report.instance} ${report.probe}`}
                  report={report}
                  isOne={description.replicas === 1}
                />
              ))}
            </ul>
          )
        }
      </Answered>
    </Section>
  );
}

function Probe({ report, isOne }: { readonly report: ProbeReport; readonly isOne: boolean }): ReactNode {
  const { probe, instance, what, intervalMs, results } = report;
  const [last] = results;
  const now = useNow(1_000);
  const good = results.filter(({ ok }) => ok).length;
  return (
    <li>
      <p>
        <strong>{isOne ? probe : `${probe} of ${instance}`}</strong> <code>{what}</code>
        {intervalMs !== null && <span className="soft"> every {durationText(intervalMs)}</span>}
      </p>
      {last === undefined ? (
        <p className="soft">No look yet.</p>
      ) : (
        <>
          <p className={last.ok ? "probe-good" : "probe-bad"}>
            {last.ok ? "passed" : "failed"} {ageText(now - Date.parse(last.time))} ago: {last.text} in{" "}
            {durationText(last.tookMs)}
          </p>
          <span className="ticks" role="img" aria-label={`${good} of the last ${results.length} passed`}>
            {results.toReversed().map((result) => (
              <i
                key={result.time}
                className={result.ok ? "ok" : "bad"}
                title={`${result.text}, ${durationText(result.tookMs)}`}
              />
            ))}
          </span>
        </>
      )}
    </li>
  );
}
