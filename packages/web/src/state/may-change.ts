import { useLink, useStanding } from "./hooks.ts";

/** Why nothing can be changed from here now, for a person to read; null where it can. */
export function useWhyNot(): string | null {
  const link = useLink();
  const { role } = useStanding();
  if (role === "read") return "This session may look and not touch. Run holdfast dashboard for one that may.";
  if (link.kind !== "live") return "The daemon cannot be reached now.";
  return null;
}
