import { useEffect, useRef } from "react";
import { appRoute } from "../routing/route.ts";
import { useEvents } from "../state/hooks.ts";
import { usePage } from "../state/page.ts";

/** Tells of each operation that fails while the page is open. */
export function FailureWatch(): null {
  const { notices } = usePage();
  const events = useEvents();
  const seen = useRef(events.at(-1)?.seq ?? 0);
  useEffect(() => {
    for (const { seq, operation } of events.filter((event) => event.seq > seen.current)) {
      seen.current = seq;
      if (operation?.state !== "failed") continue;
      const message = operation.error ?? `${operation.kind} of ${operation.name} failed`;
      const nextStep = "Its page shows what led to it, with the last lines that it wrote.";
      notices.warn({ message, nextStep }, { to: appRoute(operation), text: `Look at ${operation.name}` });
    }
  }, [events, notices]);
  return null;
}
