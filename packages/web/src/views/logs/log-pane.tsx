import { systemClock, type Timer } from "@holdfast/runtime";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { LogLine } from "../../api.ts";
import { appKey, logKey } from "../../state/app-key.ts";
import { LogRow } from "./log-row.tsx";
import type { LogWindow } from "./log-window.ts";
import { rowsOf } from "./row-counts.ts";
import { type Sight, Viewport } from "./viewport.ts";

interface LogPaneProps {
  readonly window: LogWindow;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  /** Asks for the tail, when the end is wanted and is not loaded. */
  readonly onTail: () => void;
  readonly onTrouble: (error: unknown) => void;
  readonly isWrapped: boolean;
  readonly text: string;
  readonly sourceOf: (line: LogLine) => string | null;
  /** The apps that are shown, in their order: neighbours get different colours. */
  readonly apps: readonly string[];
}

/** The width of the column that says which lines are of stderr. */
const streamCharacters = 4;

/** Until a dragged scroll bar rests. */
const restMs = 90;

/** Draws only the lines that are seen, of however many there are. */
export function LogPane(props: LogPaneProps): ReactNode {
  const { window, isFollowing, isWrapped, text, sourceOf, apps } = props;
  const isSplit = useSyncExternalStore(window.topic.subscribe, () => window.isSplit);
  const scroller = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLDivElement>(null);
  const live = useRef(props);
  live.current = props;
  const viewport = useRef<Viewport>(null);
  const [sight, setSight] = useState<Sight>({ lines: [], first: 0, last: 0, topPx: 0, heightPx: 0 });
  const [columns, setColumns] = useState<number | null>(null);

  useLayoutEffect(() => {
    const pane = scroller.current;
    if (pane === null) return;
    let jumping: Timer | undefined;
    const options = (): { readonly rowPx: number; readonly columns: number | null } =>
      measured(ruler.current, pane, live.current.isWrapped, window.isSplit);
    viewport.current = new Viewport(window, options());
    const look = (isSync: boolean): void => {
      const next = viewport.current?.sight(pane.scrollTop, pane.clientHeight);
      if (next === undefined) return;
      if (isSync) flushSync(() => setSight(next));
      else setSight(next);
    };
    const want = (): void => {
      const wanted = viewport.current?.wants(pane.scrollTop, pane.clientHeight) ?? "nothing";
      systemClock.clearTimeout(jumping);
      const { onTrouble } = live.current;
      // Whoever finds a load under way leaves it to that one to look again.
      const again = (isDone: boolean): void => {
        if (isDone) want();
      };
      if (wanted === "older") window.loadOlder().then(again, onTrouble);
      else if (wanted === "newer") window.loadNewer().then(again, onTrouble);
      else if (typeof wanted === "number") {
        jumping = systemClock.setTimeout(() => {
          if (wanted > 0.998) live.current.onTail();
          else window.jump(wanted).then(again, onTrouble);
        }, restMs);
      }
    };
    const toEnd = (): void => {
      pane.scrollTop = pane.scrollHeight;
    };
    const onChange = (): void => {
      const isReset = window.change.kind === "reset";
      const at = pane.scrollTop;
      const movedPx = viewport.current?.take() ?? 0;
      pane.style.setProperty("--log-height", `${viewport.current?.heightPx ?? 0}px`);
      if (live.current.isFollowing && window.isAtTail) toEnd();
      else if (isReset) pane.scrollTop = viewport.current?.basePx ?? 0;
      else if (movedPx !== 0) pane.scrollTop = at + movedPx;
      look(true);
    };
    const onScroll = (): void => {
      const isEnd = pane.scrollTop >= pane.scrollHeight - pane.clientHeight - 4;
      const { isFollowing: was, onFollow } = live.current;
      if (isEnd && window.isAtTail && !was) onFollow(true);
      else if (!isEnd && was) onFollow(false);
      look(true);
      want();
    };
    const onSize = (): void => {
      const next = options();
      setColumns(next.columns);
      const top = viewport.current?.adjust(next, pane.scrollTop) ?? 0;
      pane.style.setProperty("--log-height", `${viewport.current?.heightPx ?? 0}px`);
      if (live.current.isFollowing) toEnd();
      else pane.scrollTop = top;
      look(false);
    };
    const watch = new ResizeObserver(onSize);
    watch.observe(pane);
    const end = window.topic.subscribe(onChange);
    pane.addEventListener("scroll", onScroll, { passive: true });
    onSize();
    return () => {
      watch.disconnect();
      end();
      pane.removeEventListener("scroll", onScroll);
      systemClock.clearTimeout(jumping);
    };
  }, [window]);

  useLayoutEffect(() => {
    const pane = scroller.current;
    if (pane === null || viewport.current === null) return;
    const next = measured(ruler.current, pane, isWrapped, isSplit);
    setColumns(next.columns);
    const top = viewport.current.adjust(next, pane.scrollTop);
    pane.style.setProperty("--log-height", `${viewport.current.heightPx}px`);
    pane.scrollTop = live.current.isFollowing ? pane.scrollHeight : top;
    setSight(viewport.current.sight(pane.scrollTop, pane.clientHeight));
  }, [isWrapped, isSplit]);

  useEffect(() => {
    const pane = scroller.current;
    if (isFollowing && pane !== null) pane.scrollTop = pane.scrollHeight;
  }, [isFollowing]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === "Home") window.toStart().catch(props.onTrouble);
    else if (event.key === "End") props.onTail();
    else return;
    props.onFollow(event.key === "End");
    event.preventDefault();
  };

  return (
    <div
      className={`log-pane${isWrapped ? " wrapped" : ""}`}
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Log lines"
      onKeyDown={onKeyDown}
    >
      <div className="log-ruler" ref={ruler} aria-hidden="true">
        0000000000
      </div>
      <div className="log-space">
        <div className="log-rows" style={{ transform: `translateY(${sight.topPx}px)` }}>
          {sight.lines.slice(sight.first, sight.last).map((line) => (
            <LogRow
              key={`${logKey(line)}/${line.offset}`}
              line={line}
              text={text}
              source={sourceOf(line)}
              tint={apps.indexOf(appKey(line))}
              isSplit={isSplit}
              rows={columns === null ? 1 : rowsOf(line, columns)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

/** How high a row is, and how many characters go into what is left of it beside the time and the name. */
function measured(
  ruler: HTMLElement | null,
  pane: HTMLElement,
  isWrapped: boolean,
  isSplit: boolean,
): { readonly rowPx: number; readonly columns: number | null } {
  const box = ruler?.getBoundingClientRect();
  const rowPx = box?.height || 20;
  if (!isWrapped) return { rowPx, columns: null };
  const characterPx = (box?.width || 80) / 10;
  const edge = Number.parseFloat(getComputedStyle(pane).getPropertyValue("--log-edge-characters"));
  const edgePx = (edge + (isSplit ? streamCharacters : 0)) * characterPx;
  return { rowPx, columns: Math.max(10, Math.floor((pane.clientWidth - edgePx) / characterPx)) };
}
