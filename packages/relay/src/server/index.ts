export { RelayError } from "./relay-error.ts";
