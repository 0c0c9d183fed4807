import type { Invocation } from "../command-line/invocation.ts";
import type { RelayOptions } from "../command-line/relay-options.ts";

export type RelayInvocation = Invocation<RelayOptions>;
