import { type ReactNode, useId } from "react";

interface SectionProps {
  readonly title: string;
  readonly className?: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A card with a heading, which is how it is found by ear. */
export function Section({ title, className = "", aside, children }: SectionProps): ReactNode {
  const id = useId();
  return (
    <section className={`card section ${className}`} aria-labelledby={id}>
      <header className="section-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div className="section-body">{children}</div>
    </section>
  );
}
