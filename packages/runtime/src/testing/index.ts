export { FakeChild, type FakeChildOptions } from "./fake-child.ts";
export { FakeNode, type Order, type Orders } from "./fake-node.ts";
export type { Fault, FaultPlan, Faults } from "./simulation/faults.ts";
export type { Host, Life, LifeEnd, Machine } from "./simulation/host.ts";
export type {
  Connection,
  FileSystem,
  Listener,
  Network,
  ProcessEntry,
  ProcessExit,
  ProcessIdentity,
  ProcessSpawner,
  SpawnedProcess,
  SpawnRequest,
} from "./simulation/seams.ts";
export { shrink } from "./simulation/shrink.ts";
export {
  type Scenario,
  type SimulateOptions,
  type SimulationReport,
  simulate,
} from "./simulation/simulate.ts";
export {
  expectDeterminism,
  type SimulateManyOptions,
  type SimulationSummary,
  simulateMany,
} from "./simulation/simulate-many.ts";
export type { SimulatedDisk } from "./simulation/simulated-disk.ts";
export type { SimulatedNetwork } from "./simulation/simulated-network.ts";
export type { FakeProgram, SimulatedProcesses } from "./simulation/simulated-processes.ts";
export {
  SimulationError,
  type SimulationErrorCode,
  type SimulationErrorDetails,
} from "./simulation/simulation-error.ts";
export type { World } from "./simulation/world.ts";
export { VirtualClock } from "./virtual-clock.ts";
