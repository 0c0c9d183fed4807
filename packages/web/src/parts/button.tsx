import { type ReactNode, useState } from "react";
import { usePage } from "../state/page.ts";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  readonly label: string;
  readonly icon?: IconName;
  /** Shows the icon alone; the label is what is read out. */
  readonly bare?: boolean;
  readonly tone?: "plain" | "primary" | "danger";
  /** Why it cannot be used now; it stays reachable and says so. */
  readonly whyNot?: string | null;
  readonly pressed?: boolean;
  readonly title?: string;
  /** What it returns is waited for, and its failure told. */
  readonly onPress: () => unknown;
}

/** A button that tells when it works, and when and why it cannot. */
export function Button(props: ButtonProps): ReactNode {
  const { label, icon, bare = false, tone = "plain", whyNot = null, pressed, title, onPress } = props;
  const { notices } = usePage();
  const [isBusy, setBusy] = useState(false);
  const press = (): void => {
    if (whyNot !== null || isBusy) return;
    const work = onPress();
    if (!(work instanceof Promise)) return;
    setBusy(true);
    notices.watch(work.finally(() => setBusy(false)));
  };
  const hint = whyNot ?? title ?? (bare ? label : undefined);
  return (
    <button
      type="button"
      className={`button ${tone}${bare ? " bare" : ""}`}
      aria-label={bare ? label : undefined}
      aria-disabled={whyNot !== null || undefined}
      aria-description={whyNot ?? undefined}
      aria-busy={isBusy || undefined}
      aria-pressed={pressed}
      title={hint}
      onClick={press}
    >
      {icon && <Icon name={icon} />}
      {!bare && <span>{label}</span>}
    </button>
  );
}
