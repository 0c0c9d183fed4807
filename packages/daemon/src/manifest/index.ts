export { type LoadedProject, type LoadRequest, loadProject } from "./load.ts";
export { type FileText, type ManifestSources, nodeSources } from "./load-context.ts";
export { formatLocation, formatProblem, ManifestError, type Problem } from "./problem.ts";
