import type { ReactNode } from "react";

interface EmptyProps {
  readonly title: string;
  /** It is all there is of the view. */
  readonly isView?: boolean;
  readonly children?: ReactNode;
}

/** What stands where there is nothing: why, and what to do. */
export function Empty({ title, isView = false, children }: EmptyProps): ReactNode {
  const Title = isView ? "h1" : "p";
  return (
    <div className="empty">
      <Title className="empty-title">{title}</Title>
      {children}
    </div>
  );
}
