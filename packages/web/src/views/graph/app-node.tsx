import { Handle, type Node, type NodeProps, Position, useReactFlow } from "@xyflow/react";
import { type ReactNode, useMemo } from "react";
import { StatePill } from "../../parts/state-pill.tsx";
import { appRoute } from "../../routing/route.ts";
import { useRows } from "../../state/hooks.ts";
import { type Tone, toneOf } from "../../state/state-look.ts";
import { nodeHeight, nodeWidth } from "./layout.ts";

export type AppNodeType = Node<
  { readonly project: string; readonly name: string; readonly withProject: boolean },
  "app"
>;

/** What is worst among several instances is what the app looks like. */
const gravity: readonly Tone[] = ["good", "done", "idle", "busy", "ending", "waiting", "unknown", "bad"];

export function AppNode({
  data: { project, name, withProject },
  positionAbsoluteX,
  positionAbsoluteY,
}: NodeProps<AppNodeType>): ReactNode {
  const all = useRows();
  const { setCenter, getZoom } = useReactFlow();
  const rows = useMemo(
    () => [...all.values()].filter((row) => row.project === project && row.name === name),
    [all, project, name],
  );
  const worst = rows.toSorted((a, b) => gravity.indexOf(toneOf(b)) - gravity.indexOf(toneOf(a)))[0];
  const show = (): void => {
    const [x, y] = [positionAbsoluteX + nodeWidth / 2, positionAbsoluteY + nodeHeight / 2];
    void setCenter(x, y, { zoom: Math.max(0.6, getZoom()) });
  };
  return (
    <div className={`node ${worst === undefined ? "idle" : toneOf(worst)}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <a
        className="nodrag"
        href={appRoute({ project, name })}
        // Who goes through by keyboard sees where they are.
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && show()}
      >
        {withProject && <span className="node-project">{project}/</span>}
        {name}
        {rows.length > 1 && <span className="node-count"> × {rows.length}</span>}
      </a>
      {worst !== undefined && <StatePill row={worst} />}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}
