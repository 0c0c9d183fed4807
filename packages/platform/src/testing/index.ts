export { processesWithCookie } from "./processes.ts";
export { removeCgroups } from "./remove-cgroups.ts";
export { removeHome } from "./remove-home.ts";
export { type TemporaryHome, temporaryHome } from "./temporary-home.ts";
