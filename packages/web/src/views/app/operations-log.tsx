import type { ReactNode } from "react";
import type { Operation } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { useNow } from "../../state/hooks.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { durationText, momentText, tickingText } from "../../time/format.ts";

interface OperationsLogProps {
  readonly target: { readonly project: string; readonly name: string };
  readonly newest: number;
}

/** What it was asked to do, by whom, and what came of it. */
export function OperationsLog({ target, newest }: OperationsLogProps): ReactNode {
  const answer = useAnswer(
    (connection) => connection.call("operations.list", { ...target, limit: 50 }),
    newest,
  );
  return (
    <Section title="Operations">
      <Answered answer={answer}>
        {(operations) =>
          operations.length === 0 ? (
            <p className="soft">Nothing was asked of it yet.</p>
          ) : (
            <ol className="operations scroll" tabIndex={0} aria-label="Operations">
              {operations.toReversed().map((operation) => (
                <OperationLine key={operation.id} operation={operation} />
              ))}
            </ol>
          )
        }
      </Answered>
    </Section>
  );
}

function OperationLine({ operation }: { readonly operation: Operation }): ReactNode {
  const { kind, instance, by, state, since, ended, error } = operation;
  const now = useNow(ended === null ? 1_000 : 60_000);
  const took =
    ended === null
      ? `for ${tickingText(now - Date.parse(since))}`
      : `in ${durationText(Date.parse(ended) - Date.parse(since))}`;
  return (
    <li>
      <time dateTime={since}>{momentText(since, now)}</time>
      <span>
        <strong>{kind}</strong>
        {instance !== null && ` of ${instance}`}{" "}
        <span className={`op-${state}`}>{state === "running" ? "under way" : state}</span>{" "}
        <span className="soft">
          {took}
          {by !== null && `, asked by ${by}`}
        </span>
        {error !== null && <span className="op-error">{error}</span>}
      </span>
    </li>
  );
}
