import { Background, Controls, type Edge, type Node, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type ReactNode, useMemo } from "react";
import type { AppDescription, AppStatus } from "../../api.ts";
import { appKey } from "../../state/app-key.ts";
import { conditionText } from "../../state/state-look.ts";
import { AppNode, type AppNodeType } from "./app-node.tsx";
import { nodeHeight, nodeWidth, places } from "./layout.ts";

interface PictureProps {
  readonly descriptions: readonly AppDescription[];
  readonly rows: ReadonlyMap<string, AppStatus>;
  readonly withProject: boolean;
}

const nodeTypes = { app: AppNode };

/** Places change with the manifest alone; colours with each event. */
export function Picture({ descriptions, rows, withProject }: PictureProps): ReactNode {
  const positions = useMemo(
    () =>
      places(
        descriptions.map(({ project, name, dependsOn }) => ({
          id: `${project}/${name}`,
          needs: dependsOn.map(({ app }) => `${project}/${app}`),
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
          position: positions.get(appKey(each)) ?? { x: 0, y: 0 },
          width: nodeWidth,
          height: nodeHeight,
          data: { project: each.project, name: each.name, withProject },
        }),
      ),
    [descriptions, positions, withProject],
  );
  const edges = useMemo(() => edgesOf(descriptions, rows), [descriptions, rows]);
  return (
    <ReactFlow<Node<AppNodeType["data"], "app">>
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      fitView
      fitViewOptions={{ minZoom: 0.55, maxZoom: 1.1, padding: 0.08 }}
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

function edgesOf(descriptions: readonly AppDescription[], rows: ReadonlyMap<string, AppStatus>): Edge[] {
  const instances = Map.groupBy(rows.values(), appKey);
  return descriptions.flatMap(({ project, name, dependsOn }) => {
    const own = instances.get(`${project}/${name}`) ?? [];
    return dependsOn.map(({ app, condition }): Edge => {
      const isBlocking = own.some(({ waitingFor }) => waitingFor.some((wait) => wait.app === app));
      const isMet = !isBlocking && own.some(({ state }) => state !== "stopped" && state !== "failed");
      return {
        id: `${project}/${name} ${app}`,
        source: `${project}/${app}`,
        target: `${project}/${name}`,
        label: conditionText(condition),
        className: isBlocking ? "blocking" : isMet ? "met" : "",
        animated: isBlocking,
      };
    });
  });
}
