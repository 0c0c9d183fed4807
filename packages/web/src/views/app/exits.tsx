import type { ReactNode } from "react";
import type { AppDescription } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { useNow } from "../../state/hooks.ts";
import { exitText } from "../../state/state-look.ts";
import type { Answer } from "../../state/use-answer.ts";
import { durationText, momentText } from "../../time/format.ts";

/** How its runs ended. */
export function Exits({ answer }: { readonly answer: Answer<AppDescription | undefined> }): ReactNode {
  const now = useNow(60_000);
  return (
    <Section title="Exits">
      <Answered answer={answer}>
        {(description) =>
          description === undefined || description.exits.length === 0 ? (
            <p className="soft">It has not ended yet.</p>
          ) : (
            <div className="scroll" tabIndex={0} role="group" aria-label="Exits">
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">When</th>
                    <th scope="col">How</th>
                    <th scope="col">Ran for</th>
                    {description.replicas > 1 && <th scope="col">Instance</th>}
                  </tr>
                </thead>
                <tbody>
                  {description.exits.map(({ time, exit, ranMs, instance }) => (
                    <tr key={`${time} ${instance}`}>
                      <td>
                        <time dateTime={time}>{momentText(time, now)}</time>
                      </td>
                      <td className={exit.code === 0 ? "" : "exit-bad"}>{exitText({ exit })}</td>
                      <td>{ranMs === null ? "–" : durationText(ranMs)}</td>
                      {description.replicas > 1 && <td>{instance}</td>}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answered>
    </Section>
  );
}
