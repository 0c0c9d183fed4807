export { RelayError } from "../server/relay-error.ts";
