import { useCallback, useSyncExternalStore } from "react";
import type { AppStatus, DaemonEvent, Operation, SystemInfo, Usage } from "../api.ts";
import type { LinkState, Standing } from "../connection/link-state.ts";
import { tickerOf } from "../time/ticker.ts";
import type { Notice } from "./notices.ts";
import { usePage } from "./page.ts";

/** The keys of all instances, in order. */
export function useKeys(): readonly string[] {
  const { store } = usePage();
  return useSyncExternalStore(store.keysTopic.subscribe, () => store.keys);
}

/** All rows; a component that uses it is drawn anew with every change of any. */
export function useRows(): ReadonlyMap<string, AppStatus> {
  const { store } = usePage();
  return useSyncExternalStore(store.anyRowTopic.subscribe, () => store.rows);
}

export function useIsLoaded(): boolean {
  const { store } = usePage();
  return useSyncExternalStore(store.anyRowTopic.subscribe, () => store.isLoaded);
}

export function useRow(key: string): AppStatus | undefined {
  const { store } = usePage();
  const subscribe = useCallback((tell: () => void) => store.rowTopics.subscribe(key, tell), [store, key]);
  return useSyncExternalStore(subscribe, () => store.row(key));
}

export function useUsages(key: string): readonly Usage[] {
  const { store } = usePage();
  const subscribe = useCallback((tell: () => void) => store.usageTopics.subscribe(key, tell), [store, key]);
  return useSyncExternalStore(subscribe, () => store.usages(key));
}

export function useEvents(): readonly DaemonEvent[] {
  const { store } = usePage();
  return useSyncExternalStore(store.eventsTopic.subscribe, () => store.events);
}

export function useOperations(): ReadonlyMap<string, Operation> {
  const { store } = usePage();
  return useSyncExternalStore(store.operationsTopic.subscribe, () => store.operations);
}

export function useSystem(): SystemInfo | undefined {
  const { store } = usePage();
  return useSyncExternalStore(store.systemTopic.subscribe, () => store.system);
}

export function useLink(): LinkState {
  const { connection } = usePage();
  return useSyncExternalStore(connection.topic.subscribe, () => connection.link);
}

export function useStanding(): Standing {
  const { connection } = usePage();
  return useSyncExternalStore(connection.topic.subscribe, () => connection.standing);
}

export function useNotices(): readonly Notice[] {
  const { notices } = usePage();
  return useSyncExternalStore(notices.topic.subscribe, () => notices.list);
}

/** The server's wall clock in ms, as of the last tick; the component is drawn anew with each. */
export function useNow(everyMs: number): number {
  const { connection } = usePage();
  const ticker = tickerOf(everyMs);
  return useSyncExternalStore(ticker.subscribe, ticker.now) + connection.skewMs;
}
