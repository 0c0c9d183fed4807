/** What one request wants of one app. */
export interface Touch {
  readonly app: string;
  readonly want: "up" | "down" | "absent";
  /** The manifest it brings, as a number that grows; `undefined` for one that brings none. */
  readonly version: number | undefined;
  readonly replicas: number | undefined;
  readonly sentAt: number;
  /** When it was answered, or cannot begin any more. */
  endsAt: number;
  /** The daemon has said yes. */
  isCertain: boolean;
}

/**
 * All that was asked, and what may have come of it. Requests overlap, and of one without an answer nobody knows
 * whether it was heard: what is wanted is whatever any order of them could have left.
 */
export class Wishes {
  readonly touches: Touch[] = [];

  /** What may be wanted of an app now. */
  of(app: string): readonly Touch[] {
    return last(this.touches.filter((touch) => touch.app === app));
  }

  /** The versions its manifest may have now. */
  versions(app: string): readonly Touch[] {
    return last(this.touches.filter((touch) => touch.app === app && touch.version !== undefined));
  }
}

/** Those that no later one has certainly taken the place of. */
function last(touches: readonly Touch[]): readonly Touch[] {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { isCertain, sentAt } of touches) if (isCertain) latest = Math.max(latest, sentAt);
  return touches.filter((touch) => touch.endsAt >= latest || touch.sentAt === latest);
}
