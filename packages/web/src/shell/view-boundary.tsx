import { Component, type ReactNode } from "react";
import { troubleOf } from "../connection/next-step.ts";

interface BoundaryProps {
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly error: unknown;
}

/** A view that fails says so, and leaves the rest of the page as it is. */
export class ViewBoundary extends Component<BoundaryProps, BoundaryState> {
  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error };
  }

  override state: BoundaryState = { error: undefined };

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="empty" role="alert">
        <p className="empty-title">This view could not be shown: {troubleOf(error).message}</p>
        <p>Reload the page. If it stays like that, the daemon may be of another version: restart it.</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
    );
  }
}
