export { type NatsWakesOptions, openNatsWakes } from "./nats-wakes.ts";
