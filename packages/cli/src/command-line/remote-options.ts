/** The options of `remote`. */
import type { OptionsFor } from "./option.ts";

export interface RemoteOptions {
  readonly role?: string;
  readonly as?: string;
  readonly json?: boolean;
}

export const remoteOptions: OptionsFor<RemoteOptions> = {
  role: {
    type: "string",
    value: "ROLE",
    help: "with pair, where the code is made: read, operate or admin",
  },
  as: {
    type: "string",
    value: "NAME",
    help: "with pair CODE: what the other machine is called here, if not as it calls itself",
  },
  json: { type: "boolean", help: "print JSON" },
};
