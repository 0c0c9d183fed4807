import { VirtualClock } from "@holdfast/runtime/testing";
import { expect, test } from "vitest";
import type { DaemonEvent } from "../src/api.ts";
import { PageStore } from "../src/state/page-store.ts";
import { appStatus } from "./app-status.ts";

let seq = 0;
const told = (over: Partial<DaemonEvent>): DaemonEvent => ({
  seq: ++seq,
  time: "",
  type: "state",
  project: "shop",
  name: "web",
  message: "",
  app: null,
  operation: null,
  by: null,
  cause: { origin: null, after: null },
  ...over,
});

test("a row is as its last event says, and only who listens to it hears", () => {
  const store = new PageStore(new VirtualClock());
  store.setRows([appStatus(), appStatus({ name: "db" })]);
  const heard: string[] = [];
  store.rowTopics.subscribe("shop/web/1", () => heard.push("web"));
  store.rowTopics.subscribe("shop/db/1", () => heard.push("db"));
  store.takeEvent(told({ app: appStatus({ state: "stopping" }) }));
  expect(store.row("shop/web/1")?.state).toBe("stopping");
  expect(heard).toEqual(["web"]);
});

test("a list takes out what is gone, and leaves rows alone that have changed since it was asked for", () => {
  const store = new PageStore(new VirtualClock());
  store.setRows([appStatus(), appStatus({ name: "gone" })]);
  store.takeEvent(told({ app: appStatus({ state: "stopped" }) }));
  store.setRows([appStatus()], new Set(["shop/web/1"]));
  expect(store.keys).toEqual(["shop/web/1"]);
  expect(store.row("shop/web/1")?.state).toBe("stopped");
});

test("an event that comes twice is taken once", () => {
  const store = new PageStore(new VirtualClock());
  const event = told({ app: appStatus() });
  store.takeEvent(event);
  store.takeEvent(event);
  expect(store.events).toHaveLength(1);
});

test("rows are in the order in which people count", () => {
  const store = new PageStore(new VirtualClock());
  store.setRows([
    appStatus({ name: "app-10" }),
    appStatus({ name: "app-9" }),
    appStatus({ name: "app-9", instance: 2 }),
  ]);
  expect(store.keys).toEqual(["shop/app-9/1", "shop/app-9/2", "shop/app-10/1"]);
});

test("events and samples are bounded", () => {
  const store = new PageStore(new VirtualClock());
  for (let index = 0; index < 5_100; index++) store.takeEvent(told({}));
  expect(store.events).toHaveLength(5_000);
  for (let index = 0; index < 400; index++) {
    const time = new Date(index * 2_000).toISOString();
    store.takeUsages([
      { project: "shop", name: "web", instance: 1, time, cpus: 0, memoryBytes: 0, processes: 1 },
    ]);
  }
  expect(store.usages("shop/web/1")).toHaveLength(300);
});
