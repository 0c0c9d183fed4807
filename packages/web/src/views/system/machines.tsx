import { type ReactNode, useState } from "react";
import type { RemoteNode, RemoteRole, RemoteStatus } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Section } from "../../parts/section.tsx";
import { useNow } from "../../state/hooks.ts";
import { useWhyNot } from "../../state/may-change.ts";
import { usePage } from "../../state/page.ts";
import { useAnswer } from "../../state/use-answer.ts";
import { ageText } from "../../time/format.ts";

const abilities: Readonly<Record<RemoteRole, string>> = {
  read: "may look",
  operate: "may start, stop and restart",
  admin: "may do everything",
};

const states: Readonly<Record<RemoteStatus["state"], string>> = {
  stopped: "not connected",
  connecting: "being connected to",
  connected: "connected",
  degraded: "connected by half: mail comes later than it could",
  backoff: "away, and tried again",
  unauthorised: "refusing this machine's token",
};

/** How it stands with the relay, and the machines that are known there. */
export function Machines(): ReactNode {
  const [turn, setTurn] = useState(0);
  const beat = useNow(5_000);
  const answer = useAnswer((connection) => connection.call("remote.status", {}), `${turn} ${beat}`);
  return (
    <Section title="Relay and other machines">
      <Answered answer={answer}>
        {(status) =>
          status.relay === null ? (
            <p className="soft">
              This machine has joined no relay. <code>holdfast remote join</code>, in a terminal, does; then
              other machines can be paired with it.
            </p>
          ) : (
            <Joined status={status} onChange={() => setTurn((before) => before + 1)} />
          )
        }
      </Answered>
    </Section>
  );
}

interface JoinedProps {
  readonly status: RemoteStatus;
  readonly onChange: () => void;
}

function Joined({ status, onChange }: JoinedProps): ReactNode {
  const { connection, notices } = usePage();
  const whyNot = useWhyNot();
  const [role, setRole] = useState<RemoteRole>("read");
  const [code, setCode] = useState<string>();
  const [leaving, setLeaving] = useState<RemoteNode>();
  const { name, relay, state, error, nodes } = status;
  const invite = async (): Promise<void> => {
    setCode((await connection.call("remote.invite", { role })).code);
  };
  const forget = async (node: RemoteNode): Promise<void> => {
    setLeaving(undefined);
    await connection.call("remote.forget", { name: node.name });
    notices.tell(`${node.name} is forgotten.`);
    onChange();
  };
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Name</dt>
          <dd>{name}</dd>
        </div>
        <div>
          <dt>Relay</dt>
          <dd>
            <code>{relay}</code>{" "}
            <span className={state === "connected" ? "" : "exit-bad"}>{states[state]}</span>
            {error !== null && <span className="soft"> {error}</span>}
          </dd>
        </div>
      </dl>
      <ul className="sessions machines">
        {nodes.map((node) => (
          <Machine key={node.key} node={node} onForget={() => setLeaving(node)} />
        ))}
        {nodes.length === 0 && <li className="soft">No machine is paired.</li>}
      </ul>
      <div className="invite">
        <label>
          Another machine{" "}
          <select value={role} onChange={(event) => setRole(event.target.value as RemoteRole)}>
            {Object.entries(abilities).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
        <Button label="Pair" icon="key" whyNot={whyNot} onPress={invite} />
      </div>
      {code !== undefined && (
        <Dialog title="A code for one machine" onClose={() => setCode(undefined)}>
          <p>
            On the other machine: <code>holdfast remote pair</code> with this code. It works once, and for ten
            minutes. Whoever uses it {abilities[role]} here, so hand it to nobody else.
          </p>
          <p className="invite-url mono">{code}</p>
        </Dialog>
      )}
      {leaving !== undefined && (
        <Dialog
          title={`Forget ${leaving.name}?`}
          onClose={() => setLeaving(undefined)}
          actions={
            <>
              <Button label="Leave it" onPress={() => setLeaving(undefined)} />
              <Button label="Forget" tone="danger" onPress={() => forget(leaving)} />
            </>
          }
        >
          <p>
            Its connections end, and neither machine can ask anything of the other until they are paired anew.
          </p>
        </Dialog>
      )}
    </>
  );
}

function Machine({
  node,
  onForget,
}: {
  readonly node: RemoteNode;
  readonly onForget: () => void;
}): ReactNode {
  const now = useNow(1_000);
  const whyNot = useWhyNot();
  const { name, role, connections, heard, key } = node;
  const facts = [
    role === null ? "may do nothing here" : `${abilities[role]} here`,
    ...(connections === 0 ? [] : [connections === 1 ? "1 connection" : `${connections} connections`]),
    ...(heard === null ? [] : [`heard of ${ageText(now - Date.parse(heard))} ago`]),
  ];
  return (
    <li>
      <span title={`key ${key}`}>
        <strong>{name}</strong> <span className="soft">{facts.join(", ")}</span>
      </span>
      <Button label={`Forget ${name}`} icon="out" whyNot={whyNot} onPress={onForget} />
    </li>
  );
}
