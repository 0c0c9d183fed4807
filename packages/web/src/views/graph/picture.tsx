import { Background, Controls, type Node, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type ReactNode, useMemo } from "react";
import type { AppDescription, AppStatus } from "../../api.ts";
import { appKey } from "../../state/app-key.ts";
import { conditionText } from "../../state/state-look.ts";
import { AppNode, type AppNodeType } from "./app-node.tsx";
import { type Layout, layOut, lineKey, nodeHeight, nodeWidth } from "./layout.ts";
import { NeedEdge, type NeedEdgeType } from "./need-edge.tsx";

interface PictureProps {
  readonly descriptions: readonly AppDescription[];
  readonly rows: ReadonlyMap<string, AppStatus>;
  readonly withProject: boolean;
}

/** Room for the buttons, at the left. */
const aroundPicture = { top: 0.08, right: 0.08, bottom: 0.08, left: "68px" } as const;

const nodeTypes = { app: AppNode };
const edgeTypes = { need: NeedEdge };

/** Places change with the manifest alone; colours with each event. */
export function Picture({ descriptions, rows, withProject }: PictureProps): ReactNode {
  const { places, lines } = useMemo(
    () =>
      layOut(
        descriptions.map(({ project, name, dependsOn }) => ({
          id: `${project}/${name}`,
          needs: dependsOn.map(({ app, condition }) => ({
            id: `${project}/${app}`,
            label: conditionText(condition),
          })),
        })),
      ),
    [descriptions],
  );
  const nodes = useMemo(
    (): AppNodeType[] =>
      descriptions.map(
        (each): AppNodeType => ({
          id: appKey(each),
          type: "app",
          position: places.get(appKey(each)) ?? { x: 0, y: 0 },
          width: nodeWidth,
          height: nodeHeight,
          data: { project: each.project, name: each.name, withProject },
        }),
      ),
    [descriptions, places, withProject],
  );
  const edges = useMemo(() => edgesOf(descriptions, rows, lines), [descriptions, rows, lines]);
  return (
    <ReactFlow<Node<AppNodeType["data"], "app">, NeedEdgeType>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      fitView
      fitViewOptions={{ minZoom: 0.55, maxZoom: 1.1, padding: aroundPicture }}
      minZoom={0.1}
      maxZoom={2}
      proOptions={{ hideAttribution: true }}
      aria-label="Which app needs which"
    >
      <Background gap={24} />
      <Controls showInteractive={false} />
    </ReactFlow>
  );
}

function edgesOf(
  descriptions: readonly AppDescription[],
  rows: ReadonlyMap<string, AppStatus>,
  lines: Layout["lines"],
): NeedEdgeType[] {
  const instances = Map.groupBy(rows.values(), appKey);
  return descriptions.flatMap(({ project, name, dependsOn }) => {
    const own = instances.get(`${project}/${name}`) ?? [];
    return dependsOn.flatMap(({ app, condition }): NeedEdgeType[] => {
      const [source, target] = [`${project}/${app}`, `${project}/${name}`];
      const line = lines.get(lineKey(source, target));
      if (line === undefined) return [];
      const isBlocking = own.some(({ waitingFor }) => waitingFor.some((wait) => wait.app === app));
      const isMet = !isBlocking && own.some(({ state }) => state !== "stopped" && state !== "failed");
      const label = conditionText(condition);
      const className = isBlocking ? "blocking" : isMet ? "met" : "";
      const id = lineKey(source, target);
      return [{ id, type: "need", source, target, label, className, animated: isBlocking, data: { line } }];
    });
  });
}
