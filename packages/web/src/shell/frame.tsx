import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Button } from "../parts/button.tsx";
import type { Route } from "../routing/route.ts";
import { useRoute } from "../routing/use-route.ts";
import { useIsLoaded, useLink } from "../state/hooks.ts";
import { Overview } from "../views/overview/overview.tsx";
import { FailureWatch } from "./failure-watch.tsx";
import { Help } from "./help.tsx";
import { LinkStatus } from "./link-status.tsx";
import { Navigation } from "./navigation.tsx";
import { NoticeCorner } from "./notice-corner.tsx";
import { SignIn } from "./sign-in.tsx";
import { ThemeButton } from "./theme-button.tsx";
import { useShortcuts } from "./use-shortcuts.ts";
import { ViewBoundary } from "./view-boundary.tsx";

const AppView = lazy(async () => ({ default: (await import("../views/app/app-view.tsx")).AppView }));
const GraphView = lazy(async () => ({ default: (await import("../views/graph/graph-view.tsx")).GraphView }));
const LogsView = lazy(async () => ({ default: (await import("../views/logs/logs-view.tsx")).LogsView }));
const EventsView = lazy(async () => ({
  default: (await import("../views/events/events-view.tsx")).EventsView,
}));
const SystemView = lazy(async () => ({
  default: (await import("../views/system/system-view.tsx")).SystemView,
}));

/** The whole page: what is around every view, and the view that the address names. */
export function Frame(): ReactNode {
  const link = useLink();
  const isLoaded = useIsLoaded();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts(() => setHelpOpen(true));
  if (link.kind === "signed-out") return <SignIn why={link.why} />;
  return (
    <>
      <button type="button" className="skip" onClick={focusMain}>
        Skip to the content
      </button>
      <header className="top">
        <a className="brand" href="#/">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          Holdfast
        </a>
        <Navigation />
        <div className="top-end">
          <LinkStatus />
          <Button label="Keyboard shortcuts" icon="help" bare onPress={() => setHelpOpen(true)} />
          <ThemeButton />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <View />
      </main>
      <NoticeCorner />
      {isLoaded && <FailureWatch />}
      {isHelpOpen && <Help onClose={() => setHelpOpen(false)} />}
    </>
  );
}

function View(): ReactNode {
  const route = useRoute();
  const isLoaded = useIsLoaded();
  const title = titleOf(route);
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  if (!isLoaded) return <p className="loading">Connecting to the daemon…</p>;
  return (
    <ViewBoundary key={title}>
      <Suspense fallback={<p className="loading">Loading…</p>}>{viewOf(route)}</Suspense>
    </ViewBoundary>
  );
}

function viewOf(route: Route): ReactNode {
  switch (route.view) {
    case "overview":
      return <Overview />;
    case "graph":
      return <GraphView project={route.project} />;
    case "app":
      return <AppView key={`${route.project}/${route.name}`} project={route.project} name={route.name} />;
    case "logs":
      return <LogsView apps={route.apps} text={route.text} stream={route.stream} />;
    case "events":
      return <EventsView app={route.app} />;
    case "system":
      return <SystemView />;
  }
}

function titleOf(route: Route): string {
  switch (route.view) {
    case "overview":
      return "Overview";
    case "graph":
      return "Graph";
    case "app":
      return `${route.name} in ${route.project}`;
    case "logs":
      return "Logs";
    case "events":
      return "Events";
    case "system":
      return "System";
  }
}

function focusMain(): void {
  document.querySelector<HTMLElement>("#main")?.focus();
}
