import type { OwnMethod } from "./params.ts";

/** One line about each method. */
export const summaries: { readonly [K in OwnMethod]: string } = {
  "system.info": "The daemon: its process, version, home and addresses.",
  "system.healthz": "Answers if the daemon does.",
  "system.shutdown": "Stops the apps, unless keepApps, then the daemon. Replies before it ends.",
  "rpc.discover": "This document.",
  "apps.list": "Every instance of every app, or those of one project.",
  "apps.get": "The instances that a target names.",
  "apps.apply": "Makes a project be as its manifest says; starts, restarts and stops only what that needs.",
  "apps.plan": "What apps.apply would do with the same manifest, and how long its stops can take.",
  "apps.start": "Starts apps and what they depend on.",
  "apps.stop": "Stops apps, each after those that depend on it.",
  "apps.restart": "Stops and starts apps.",
  "sessions.invite": "A URL that lets one browser in, within a minute.",
  "sessions.list": "The browsers that were let in.",
  "sessions.revoke": "Ends a browser's session.",
  "operations.get": "One operation, under way or ended.",
  "operations.list": "The operations under way and the last that ended.",
  "operations.wait": "Resolves when all of them have ended.",
  "logs.read": "The last lines of apps that are wanted, merged by time.",
  "logs.extent": "Where the logs of apps begin and end.",
  "logs.follow": "The last lines of apps and each further one as it is written.",
  "events.read": "The events after a number, the oldest first.",
  "events.follow": "Every event after a number or from now on, without a gap.",
};
