import type { ReactNode } from "react";
import type { AppStatus } from "../../api.ts";
import { AppButtons } from "../../parts/app-buttons.tsx";
import { Section } from "../../parts/section.tsx";
import { StatePill } from "../../parts/state-pill.tsx";
import { instanceKey } from "../../state/app-key.ts";
import { useNow, useUsages } from "../../state/hooks.ts";
import { ageText, bytesText, cpuText } from "../../time/format.ts";

export function Instances({ rows }: { readonly rows: readonly AppStatus[] }): ReactNode {
  return (
    <Section title={`${rows.length} instances`} className="wide">
      <div className="scroll" tabIndex={0} role="group" aria-label="Instances">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">State</th>
              <th scope="col">Pid</th>
              <th scope="col">Since</th>
              <th scope="col">Restarts</th>
              <th scope="col">CPU</th>
              <th scope="col">Memory</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Instance key={row.instance} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Instance({ row }: { readonly row: AppStatus }): ReactNode {
  const { project, name, instance, pid, since, restarts } = row;
  const last = useUsages(instanceKey(row)).at(-1);
  const now = useNow(1_000);
  return (
    <tr>
      <th scope="row">{instance}</th>
      <td>
        <StatePill row={row} />
      </td>
      <td className="mono">{pid ?? "–"}</td>
      <td>{ageText(now - Date.parse(since))}</td>
      <td>{restarts}</td>
      <td>{pid === null || last?.cpus == null ? "–" : cpuText(last.cpus)}</td>
      <td>{pid === null || last?.memoryBytes == null ? "–" : bytesText(last.memoryBytes)}</td>
      <td>
        <AppButtons rows={[row]} target={{ project, name, instance }} what={`${name}.${instance}`} bare />
      </td>
    </tr>
  );
}
