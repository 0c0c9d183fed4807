export { processesWithCookie } from "./processes.ts";
export { removeCgroups } from "./remove-cgroups.ts";
export { type TemporaryHome, temporaryHome } from "./temporary-home.ts";
