export { type Cancellation, isAbortError, onAbort } from "./abort.ts";
export { type Backoff, backoffDelay, patientBackoff } from "./backoff.ts";
export {
  bestEffort,
  type ChildContext,
  type ChildSpec,
  type RestartBackoff,
  required,
  restart,
  type StopDeadline,
} from "./child-spec.ts";
export { type Clock, type SleepEnd, sleepOn, systemClock, type Timer } from "./clock.ts";
export {
  describeError,
  HoldfastError,
  type HoldfastErrorOptions,
  type SerializedError,
  serializeError,
  surface,
} from "./errors.ts";
export { EventBus, type EventBusOptions, type EventReader, type Lagged } from "./events.ts";
export { type ExitReason, type ExitStatus, isGraceful, processExitCode } from "./exit-status.ts";
export { type Gate, GateOwner } from "./gate.ts";
export { KeyedLock } from "./keyed-lock.ts";
export type {
  Hook,
  HookTimeouts,
  Lifecycle,
  ReloadContext,
  RunContext,
  ServiceHandle,
  StartContext,
  StopContext,
} from "./lifecycle.ts";
export {
  type LockHolder,
  type LockMode,
  type LockOptions,
  type LockRequest,
  type LockTimeout,
  RwLock,
} from "./lock.ts";
export { type Loop, type LoopOptions, loop, type PassReport, type Step, type StepEnd } from "./loop.ts";
export { serviceChild, supervisorChild } from "./nesting.ts";
export {
  type Conflict,
  type Operation,
  type OperationEnd,
  type OperationEntry,
  type OperationRequest,
  Operations,
  type OperationsOptions,
} from "./operation.ts";
export { orCancelled } from "./or-cancelled.ts";
export type { OnPoison, PoisonAnswer } from "./poison.ts";
export {
  type AutoShutdown,
  admitRestart,
  type ChildExit,
  type Decision,
  decide,
  endsSupervisor,
  type Intensity,
  type Restart,
  type Strategy,
  takenAlong,
  type Verdict,
} from "./policy.ts";
export { type Random, seededRandom, systemRandom } from "./random.ts";
export type { ReloadEnd } from "./reload.ts";
export { Service, type ServiceOptions } from "./service.ts";
export {
  describePending,
  type Pending,
  type Phase,
  ServiceError,
  type ServiceErrorCode,
  type ServiceErrorDetails,
} from "./service-error.ts";
export { CancelledError, type ShutdownReason, ShutdownToken } from "./shutdown.ts";
export { type Change, Store, type StoreSnapshot, type StoreUpdate } from "./store.ts";
export {
  type FailureAnswer,
  type SessionContext,
  type StreamOptions,
  type StreamState,
  stream,
  TerminalError,
} from "./stream.ts";
export { Supervisor } from "./supervisor.ts";
export { SupervisorError, type SupervisorErrorCode } from "./supervisor-error.ts";
export type { SupervisorEvent, SupervisorExit } from "./supervisor-events.ts";
export type { SupervisorOptions } from "./supervisor-options.ts";
export type { DisconnectReason, Health, PeerApi, PeerId, PeerMessage, RpcApi } from "./surfaces.ts";
export {
  type FailureListener,
  type JoinReport,
  type SpawnOptions,
  type Task,
  type TaskKind,
  type TaskOutcome,
  TaskRegistry,
  type TaskRegistryOptions,
  type TaskSnapshot,
} from "./tasks.ts";
export type { ChildSnapshot, ExitSnapshot, TreeSnapshot } from "./tree-snapshot.ts";
export { Wake, type WakeEnd } from "./wake.ts";
