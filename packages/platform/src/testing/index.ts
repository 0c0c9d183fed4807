export { processesWithCookie } from "./processes.ts";
export { type TemporaryHome, temporaryHome } from "./temporary-home.ts";
