/** The options of `why`, `dashboard` and `sessions`. */
import type { OptionsFor } from "./option.ts";

export interface WhyOptions {
  readonly lines?: string;
  readonly json?: boolean;
  readonly "project-name"?: string;
}

export interface DashboardOptions {
  readonly "read-only"?: boolean;
  readonly print?: boolean;
}

export interface SessionsOptions {
  readonly json?: boolean;
}

export const whyOptions: OptionsFor<WhyOptions> = {
  lines: { type: "string", short: "n", value: "N", help: "lines of output to print with it (default: 10)" },
  json: { type: "boolean", help: "print JSON" },
  "project-name": { type: "string", short: "p", value: "NAME", help: "the project" },
};

export const dashboardOptions: OptionsFor<DashboardOptions> = {
  "read-only": { type: "boolean", help: "let the browser look and not touch" },
  print: { type: "boolean", help: "print the URL, and open nothing" },
};

export const sessionsOptions: OptionsFor<SessionsOptions> = {
  json: { type: "boolean", help: "print JSON" },
};
