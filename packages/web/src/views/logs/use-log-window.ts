import { RpcError } from "@holdfast/rpc";
import { useCallback, useEffect, useRef, useState } from "react";
import type { LogLine, Target } from "../../api.ts";
import type { Connection } from "../../connection/connection.ts";
import { useLink } from "../../state/hooks.ts";
import { usePage } from "../../state/page.ts";
import type { LineFilter } from "./log-reader.ts";
import { LogWindow } from "./log-window.ts";

/** Of each instance, at first. */
const firstLines = 500;

export interface OpenWindow {
  readonly window: LogWindow;
  /** False until the first lines have come. */
  readonly isLoaded: boolean;
  /** Goes to the newest lines, wherever one is. */
  readonly toTail: () => void;
}

/** The logs of some apps, followed while the component is there, and taken up again after a drop of the connection. */
export function useLogWindow(
  targets: readonly Target[],
  filter: LineFilter,
  isFollowing: boolean,
): OpenWindow {
  const { connection, notices } = usePage();
  const isLive = useLink().kind === "live";
  const [window, setWindow] = useState(() => emptyWindow(connection, filter));
  const [isLoaded, setLoaded] = useState(false);
  const [turn, setTurn] = useState(0);
  const following = useRef(isFollowing);
  following.current = isFollowing;
  const current = useRef<{ readonly key: string; readonly window: LogWindow }>(undefined);
  const key = JSON.stringify([targets, filter, turn]);

  useEffect(() => {
    if (!isLive) return;
    const [wanted, only] = JSON.parse(key) as [readonly Target[], LineFilter];
    let isOver = false;
    let cancel: (() => Promise<void>) | undefined;
    // Who reads somewhere in the middle stays there when the connection comes back.
    const kept = current.current?.key === key && !following.current ? current.current.window : undefined;
    const next = kept ?? emptyWindow(connection, only);
    const first: LogLine[] = [];
    const begin = async (): Promise<void> => {
      if (kept === undefined) next.hold();
      else next.leaveTail();
      const { promise: caughtUp, resolve } = Promise.withResolvers<void>();
      let isCaughtUp = false;
      const subscription = await connection.subscribe(
        "logs.follow",
        { targets: wanted, lines: kept === undefined ? firstLines : 0, ...only },
        (event) => {
          if (isCaughtUp || kept !== undefined) next.append(event.lines);
          else first.push(...event.lines);
          if (event.caughtUp !== true) return;
          isCaughtUp = true;
          resolve();
        },
      );
      cancel = () => subscription.cancel();
      if (isOver) return await cancel();
      await Promise.race([caughtUp, subscription.ended]);
      if (isOver || kept !== undefined) return;
      await next.begin(wanted, first);
      next.release();
      if (isOver) return;
      current.current = { key, window: next };
      setWindow(next);
      setLoaded(true);
    };
    const orNone = async (error: unknown): Promise<void> => {
      if (!(error instanceof RpcError) || error.code !== "LOG_NOT_SPLIT") throw error;
      if (isOver) return;
      setWindow(emptyWindow(connection, only));
      setLoaded(true);
    };
    notices.watch(begin().catch(orNone));
    return () => {
      isOver = true;
      if (cancel !== undefined) notices.watch(cancel());
    };
  }, [key, isLive, connection, notices]);

  const toTail = useCallback(() => setTurn((before) => before + 1), []);
  return { window, isLoaded, toTail };
}

function emptyWindow(connection: Connection, filter: LineFilter): LogWindow {
  return new LogWindow(
    (params) => connection.call("logs.read", params),
    (targets) => connection.call("logs.extent", { targets }),
    filter,
  );
}
