export { type ConnectionCheckOptions, connectionCheck } from "./connection-check.ts";
export {
  type Checkpoint,
  type Mailbox,
  type MailboxOptions,
  type MailReport,
  mailbox,
  type Quarantine,
} from "./mailbox.ts";
export { syncDaemon } from "./sync-daemon.ts";
export type { SyncDaemon, SyncDaemonOptions, SyncPart, SyncPass, SyncStep } from "./sync-daemon-options.ts";
