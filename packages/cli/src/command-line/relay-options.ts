/** The options of `relay`. */
import type { OptionsFor } from "./option.ts";

export interface RelayOptions {
  readonly listen?: string;
  readonly "tls-key"?: string;
  readonly "tls-cert"?: string;
  readonly postgres?: string;
  readonly nats?: readonly string[];
  readonly origin?: readonly string[];
  readonly "trusted-proxy"?: readonly string[];
  readonly url?: string;
  readonly "token-file"?: string;
  readonly scope?: string;
  readonly slot?: string;
  readonly sender?: string;
  readonly expires?: string;
  readonly address?: string;
  readonly json?: boolean;
}

export const relayOptions: OptionsFor<RelayOptions> = {
  listen: {
    type: "string",
    value: "ADDRESS",
    help: "with run: HOST:PORT (default 127.0.0.1:8787), or unix:PATH for a proxy on this machine",
  },
  "tls-key": { type: "string", value: "FILE", help: "with run: the PEM file of its private key" },
  "tls-cert": { type: "string", value: "FILE", help: "with run: the PEM file of its certificates" },
  postgres: {
    type: "string",
    value: "URL",
    help: "with run: keep events in PostgreSQL (or set HOLDFAST_RELAY_POSTGRES, which no process list shows)",
  },
  nats: {
    type: "string",
    multiple: true,
    value: "SERVER",
    help: "with run and PostgreSQL: wake other relays over NATS, instead of NOTIFY",
  },
  origin: {
    type: "string",
    multiple: true,
    value: "URL",
    help: "with run: let web pages of this origin use it; may be given several times",
  },
  "trusted-proxy": {
    type: "string",
    multiple: true,
    value: "ADDRESS",
    help: "with run: believe this proxy, subnet or unix whom it was asked by; may be given several times",
  },
  url: {
    type: "string",
    value: "URL",
    help: "with invite, slot and token: the relay, if not this home's",
  },
  "token-file": {
    type: "string",
    value: "FILE",
    help: "with invite, slot and token: the file with the admin token",
  },
  address: {
    type: "string",
    value: "URL",
    help: "with invite: where other machines reach the relay, such as https://relay.example",
  },
  scope: { type: "string", value: "SCOPE", help: "with token mint: read, post or admin" },
  slot: { type: "string", value: "SLOT", help: "with token mint and list: the slot it is for" },
  sender: { type: "string", value: "NAME", help: "with token mint --scope post: who will post with it" },
  expires: {
    type: "string",
    value: "T",
    help: "with token mint and invite: after which it ends, such as 12h or 90d",
  },
  json: { type: "boolean", help: "with slot and token: print JSON" },
};
