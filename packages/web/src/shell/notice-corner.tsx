import type { ReactNode } from "react";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { useNotices } from "../state/hooks.ts";
import { usePage } from "../state/page.ts";

/** What there is to tell, the newest last. */
export function NoticeCorner(): ReactNode {
  const { notices } = usePage();
  const list = useNotices();
  return (
    <section className="notices" aria-label="Notices" aria-live="polite">
      {list.map(({ id, tone, message, nextStep, link }) => (
        <div key={id} className={`notice ${tone}`} role={tone === "bad" ? "alert" : undefined}>
          <Icon name={tone === "bad" ? "warn" : "check"} />
          <div className="notice-text">
            <p>{message}</p>
            {nextStep !== null && <p className="next-step">{nextStep}</p>}
            {link !== null && <a href={link.to}>{link.text}</a>}
          </div>
          <Button label="Dismiss" icon="close" bare onPress={() => notices.dismiss(id)} />
        </div>
      ))}
    </section>
  );
}
