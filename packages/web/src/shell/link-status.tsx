import type { ReactNode } from "react";
import type { LinkState } from "../connection/link-state.ts";
import { useLink, useNow, useStanding } from "../state/hooks.ts";

/** Whether what the page shows is true now. */
export function LinkStatus(): ReactNode {
  const link = useLink();
  const { role } = useStanding();
  return (
    <>
      {role === "read" && (
        <span
          className="role"
          title="This session may look and not touch. Run holdfast dashboard for one that may."
        >
          Read-only
        </span>
      )}
      <span className={`link ${link.kind}`} role="status">
        <span className="link-dot" aria-hidden="true" />
        {wordOf(link)}
        {link.kind === "reconnecting" && link.until !== undefined && <Countdown until={link.until} />}
      </span>
    </>
  );
}

function wordOf(link: LinkState): string {
  switch (link.kind) {
    case "connecting":
      return "Connecting…";
    case "live":
      return "Live";
    case "reconnecting":
      return "Reconnecting…";
    case "signed-out":
      return "Signed out";
  }
}

function Countdown({ until }: { readonly until: number }): ReactNode {
  const left = Math.max(0, until - useNow(100));
  return <span aria-hidden="true"> {(left / 1_000).toFixed(1)} s</span>;
}
