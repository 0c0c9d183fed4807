import { expect } from "vitest";
import { type Hook, Service, ServiceError, type ServiceOptions, type ShutdownReason } from "../src/index.ts";
import { FakeNode, type Orders, VirtualClock } from "../src/testing/index.ts";

export const user: ShutdownReason = { kind: "user-requested", signal: "SIGTERM" };
export const all: readonly Hook[] = ["preStart", "onStart", "run", "onStop", "postStop"];
export const loop = { kind: "background-loop" } as const;
export const hang = { kind: "hang" } as const;
export const fail = { kind: "fail" } as const;

export function setUp(orders: Orders = {}, options: Partial<ServiceOptions> = {}) {
  const clock = new VirtualClock();
  const node = new FakeNode(clock, orders);
  const service = new Service({ name: "node", lifecycle: node, clock, stopBudgetMs: 1_000, ...options });
  return { clock, node, service, handle: service.handle() };
}

/** The error a promise rejects with. */
export const failure = async (promise: Promise<unknown>): Promise<ServiceError> => {
  const error: unknown = await promise.then(
    () => "resolved",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ServiceError);
  return error as ServiceError;
};
