import { type ReactNode, useState } from "react";
import type { SystemDescription } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Section } from "../../parts/section.tsx";
import { useLink, useNow } from "../../state/hooks.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { ageText, bytesText, momentText } from "../../time/format.ts";
import { Machines } from "./machines.tsx";
import { Sessions } from "./sessions.tsx";
import "./system.css";

/** The daemon, its machine, and who is let in. */
export function SystemView(): ReactNode {
  const link = useLink();
  const [turn, setTurn] = useState(0);
  const minute = useNow(60_000);
  const answer = useAnswer((connection) => connection.call("system.describe", {}), `${minute} ${link.kind}`);
  const sessions = useAnswer((connection) => connection.call("sessions.list", {}), `${turn} ${minute}`);
  return (
    <>
      <div className="view-head">
        <h1>System</h1>
      </div>
      <div className="system-grid">
        <Section title="Daemon">
          <Answered answer={answer}>{(system) => <DaemonFacts system={system} />}</Answered>
        </Section>
        <Section title="Disk">
          <Answered answer={answer}>{(system) => <Disk disk={system.disk} />}</Answered>
        </Section>
        <Sessions answer={sessions} onChange={() => setTurn((before) => before + 1)} />
        <Machines />
      </div>
    </>
  );
}

function DaemonFacts({ system }: { readonly system: SystemDescription }): ReactNode {
  const now = useNow(1_000);
  const { version, pid, home, socket, http, since, onDemand, memoryBytes, apps, boot } = system;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ["Version", version],
    ["Up", `${ageText(now - Date.parse(since))}, since ${momentText(since, now)}`],
    [
      "Began with",
      onDemand ? "holdfast up: it ends with it" : "holdfast daemon: it stays until it is stopped",
    ],
    ["Pid", pid],
    ["Memory", bytesText(memoryBytes)],
    ["Apps", apps],
    ["Machine up", ageText(now - Date.parse(boot))],
    ["Home", <code key="home">{home}</code>],
    ["Socket", <code key="socket">{socket}</code>],
    ["HTTP", <code key="http">{http ?? "off"}</code>],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Disk({ disk }: { readonly disk: SystemDescription["disk"] }): ReactNode {
  if (disk === null) return <p className="soft">The file system of the home does not say how full it is.</p>;
  const { freeBytes, totalBytes, stateBytes, logBytes } = disk;
  const used = totalBytes - freeBytes;
  const isLow = freeBytes < totalBytes * 0.05;
  return (
    <>
      <p className={isLow ? "exit-bad" : ""}>
        {bytesText(freeBytes)} of {bytesText(totalBytes)} are free
        {isLow && ". Make room: without any, nothing can be started and logs are let go."}
      </p>
      <meter
        className="disk"
        min={0}
        max={totalBytes}
        high={totalBytes * 0.95}
        value={used}
        aria-label="Disk used"
      />
      <dl className="facts">
        <div>
          <dt>Logs</dt>
          <dd>{bytesText(logBytes)}</dd>
        </div>
        <div>
          <dt>State</dt>
          <dd>{bytesText(stateBytes)}</dd>
        </div>
      </dl>
    </>
  );
}
