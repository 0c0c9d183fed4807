export { loadProcessCompose } from "./load-process-compose.ts";
