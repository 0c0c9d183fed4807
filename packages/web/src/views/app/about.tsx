import type { ReactNode } from "react";
import type { AppDescription, AppStatus } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { appRoute } from "../../routing/route.ts";
import { conditionText } from "../../state/state-look.ts";
import type { Answer } from "../../state/use-answer.ts";
import { bytesText, durationText } from "../../time/format.ts";

interface AboutProps {
  readonly answer: Answer<AppDescription | undefined>;
  readonly row: AppStatus | undefined;
}

/** What the app is, as its manifest has it. */
export function About({ answer, row }: AboutProps): ReactNode {
  return (
    <Section title="About">
      <Answered answer={answer}>
        {(description) => description && <Facts description={description} row={row} />}
      </Answered>
    </Section>
  );
}

function Facts({
  description,
  row,
}: {
  readonly description: AppDescription;
  readonly row: AppStatus | undefined;
}): ReactNode {
  const {
    project,
    command,
    workingDirectory,
    user,
    dependsOn,
    replicas,
    restart,
    stopSignal,
    stopGraceMs,
    schedule,
  } = description;
  const limits = row?.limits;
  return (
    <dl className="facts">
      <Fact name="Command">
        <code>{command}</code>
      </Fact>
      <Fact name="Directory">
        <code>{workingDirectory}</code>
      </Fact>
      {user !== null && <Fact name="User">{user}</Fact>}
      {dependsOn.length > 0 && (
        <Fact name="Needs">
          {dependsOn.map(({ app, condition }) => (
            <span key={app} className="need">
              <a href={appRoute({ project, name: app })}>{app}</a> {conditionText(condition)}
            </span>
          ))}
        </Fact>
      )}
      <Fact name="Restart">{restart}</Fact>
      <Fact name="Stop">
        {stopSignal}, then {durationText(stopGraceMs)} until it is killed
      </Fact>
      {replicas !== 1 && <Fact name="Replicas">{replicas}</Fact>}
      {schedule !== null && <Fact name="Schedule">{schedule}</Fact>}
      {row !== undefined && row.ports.length > 0 && <Fact name="Ports">{row.ports.join(", ")}</Fact>}
      {limits != null && (
        <Fact name="Limits">
          {[
            limits.memoryBytes !== undefined && bytesText(limits.memoryBytes),
            limits.cpus !== undefined && `${limits.cpus} processors`,
            limits.pids !== undefined && `${limits.pids} processes`,
          ]
            .filter((each) => each !== false)
            .join(", ")}
          {limits.notEnforced.length > 0 && (
            <span className="exit-bad"> not enforced: {limits.notEnforced.join(", ")}</span>
          )}
        </Fact>
      )}
      {row !== undefined && Object.keys(row.labels).length > 0 && (
        <Fact name="Labels">
          {Object.entries(row.labels).map(([key, value]) => (
            <code key={key} className="label">
              {key}={value}
            </code>
          ))}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
