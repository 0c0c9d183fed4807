import type { ReactNode } from "react";
import { Icon, type IconName } from "../parts/icon.tsx";
import type { ViewName } from "../routing/route.ts";
import { useRoute } from "../routing/use-route.ts";

interface Place {
  readonly view: ViewName & IconName;
  readonly to: string;
  readonly text: string;
}

const places: readonly Place[] = [
  { view: "overview", to: "#/", text: "Overview" },
  { view: "graph", to: "#/graph", text: "Graph" },
  { view: "logs", to: "#/logs", text: "Logs" },
  { view: "events", to: "#/events", text: "Events" },
  { view: "system", to: "#/system", text: "System" },
];

export function Navigation(): ReactNode {
  const { view } = useRoute();
  return (
    <nav className="views" aria-label="Views">
      {places.map((place) => (
        <a key={place.to} href={place.to} aria-current={place.view === view ? "page" : undefined}>
          <Icon name={place.view} />
          <span>{place.text}</span>
        </a>
      ))}
    </nav>
  );
}
