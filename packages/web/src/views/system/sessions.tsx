import { type ReactNode, useState } from "react";
import type { BrowserSession } from "../../api.ts";
import { Answered } from "../../parts/answered.tsx";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Section } from "../../parts/section.tsx";
import { useNow, useStanding } from "../../state/hooks.ts";
import { useWhyNot } from "../../state/may-change.ts";
import { usePage } from "../../state/page.ts";
import type { Answer } from "../../state/use-answer.ts";
import { momentText } from "../../time/format.ts";

interface SessionsProps {
  readonly answer: Answer<readonly BrowserSession[]>;
  readonly onChange: () => void;
}

const roles: Readonly<Record<BrowserSession["role"], string>> = {
  operate: "may change things",
  read: "may look",
};

/** The browsers that were let in, and the way to let in another. */
export function Sessions({ answer, onChange }: SessionsProps): ReactNode {
  const { connection, notices } = usePage();
  const { sessionId } = useStanding();
  const whyNot = useWhyNot();
  const now = useNow(60_000);
  const [leaving, setLeaving] = useState<BrowserSession>();
  const [url, setUrl] = useState<string>();
  const invite = async (role: BrowserSession["role"]): Promise<void> => {
    setUrl((await connection.call("sessions.invite", { role })).url);
  };
  const revoke = async (id: string): Promise<void> => {
    setLeaving(undefined);
    if (id === sessionId) return await connection.signOut();
    await connection.call("sessions.revoke", { id });
    notices.tell("That browser is signed out.");
    onChange();
  };
  return (
    <Section title="Browsers">
      <Answered answer={answer}>
        {(sessions) => (
          <ul className="sessions">
            {sessions.map((session) => (
              <li key={session.id}>
                <span>
                  <code>{session.id}</code> {session.id === sessionId && <strong>this one</strong>}
                  <span className="soft">
                    {" "}
                    {roles[session.role]}, since {momentText(session.since, now)}, until{" "}
                    {momentText(session.until, now)}
                  </span>
                </span>
                <Button
                  label={session.id === sessionId ? "Sign out" : "Revoke"}
                  icon="out"
                  whyNot={session.id === sessionId ? null : whyNot}
                  onPress={() => setLeaving(session)}
                />
              </li>
            ))}
            {sessions.length === 0 && <li className="soft">None has a session.</li>}
          </ul>
        )}
      </Answered>
      <div className="invite">
        <Button label="Let a browser in" icon="key" whyNot={whyNot} onPress={() => invite("operate")} />
        <Button label="Let one in to look" icon="key" whyNot={whyNot} onPress={() => invite("read")} />
      </div>
      {url !== undefined && (
        <Dialog title="A link for one browser" onClose={() => setUrl(undefined)}>
          <p>It works once, and for a minute. Whoever opens it is let in, so hand it to nobody else.</p>
          <p className="invite-url mono">{url}</p>
        </Dialog>
      )}
      {leaving !== undefined && (
        <Dialog
          title={leaving.id === sessionId ? "Sign this browser out?" : `Sign ${leaving.id} out?`}
          onClose={() => setLeaving(undefined)}
          actions={
            <>
              <Button label="Leave it" onPress={() => setLeaving(undefined)} />
              <Button label="Sign out" tone="danger" onPress={() => revoke(leaving.id)} />
            </>
          }
        >
          <p>
            It needs another link to come back: holdfast dashboard, in a terminal on the daemon's machine,
            makes one.
          </p>
        </Dialog>
      )}
    </Section>
  );
}
