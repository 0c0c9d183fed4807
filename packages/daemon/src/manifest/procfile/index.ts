export { loadProcfile } from "./load-procfile.ts";
