/** A process's tree with the templates in it filled in: in those of its values that process-compose fills in. */
import { type Located, type LocatedMap, locatedMap, locatedText, valueAt } from "../located.ts";
import type { ProblemList } from "../problem.ts";
import { changeValue } from "./change-value.ts";
import { isOn } from "./is-on.ts";
import { TemplateError } from "./template-parse.ts";
import type { TemplateRenderer, TemplateValue, Variables } from "./template-render.ts";

export interface RenderOptions {
  /** Where the process is in the file, for messages. */
  readonly path: string;
  readonly renderer: TemplateRenderer;
  /** The project's. The process's own come over them. */
  readonly variables: Variables;
  readonly replica: number;
  readonly problems: ProblemList;
  readonly warnings: ProblemList;
}

const renderedKeys = ["working_dir", "log_location", "description"] as const;
const renderedHttpKeys = ["path", "host", "scheme", "port"] as const;

/** Adds `bad-template`, and warns with `unknown-variable` of what it leaves as it was written. */
export function renderProcess(process: LocatedMap, options: RenderOptions): LocatedMap {
  const own = valueAt(process, "vars");
  const variables = new Map<string, TemplateValue>([
    ...options.variables,
    ...(own?.kind === "map" ? toVariables(own) : []),
    ["PC_REPLICA_NUM", options.replica],
  ]);
  const render = (map: LocatedMap, key: string, path: string): LocatedMap =>
    changeValue(map, key, (node) => renderText(node, variables, `${path}.${key}`, options));
  let result = isOn(process, "is_template_disabled") ? process : render(process, "command", options.path);
  for (const key of renderedKeys) result = render(result, key, options.path);
  result = changeValue(result, "environment", (node) => {
    if (node.kind !== "map") return node;
    const entries = [...node.entries.values()].map((entry) => ({
      ...entry,
      value: renderText(entry.value, variables, `${options.path}.environment.${entry.key}`, options),
    }));
    return locatedMap(entries, node.location);
  });
  for (const probe of ["readiness_probe", "liveness_probe"]) {
    result = inside(result, probe, (map) => {
      const path = `${options.path}.${probe}`;
      const withExec = inside(map, "exec", (exec) => render(exec, "command", `${path}.exec`));
      return inside(withExec, "http_get", (http) =>
        renderedHttpKeys.reduce((changed, key) => render(changed, key, `${path}.http_get`), http),
      );
    });
  }
  return result;
}

/** The scalars, lists and maps below a node of the file, as a template sees them. */
export function toVariables(map: LocatedMap): Map<string, TemplateValue> {
  return new Map([...map.entries.values()].map(({ key, value }) => [key, toValue(value)]));
}

function toValue(node: Located): TemplateValue {
  if (node.kind === "map") return toVariables(node);
  if (node.kind === "list") return node.items.map(toValue);
  return node.value;
}

function inside(map: LocatedMap, key: string, change: (inner: LocatedMap) => LocatedMap): LocatedMap {
  return changeValue(map, key, (node) => (node.kind === "map" ? change(node) : node));
}

function renderText(node: Located, variables: Variables, path: string, options: RenderOptions): Located {
  if (node.kind !== "scalar" || !node.text.includes("{{")) return node;
  try {
    const { text, unknown } = options.renderer.render(node.text, variables);
    for (const action of unknown) {
      const hint = "it is left as it was written";
      options.warnings.add("unknown-variable", `${path}: ${action} has no value`, node.location, hint);
    }
    return locatedText(text, node.location);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const hint = 'write {{ "{{" }} for braces that are meant as they are, or set is_template_disabled: true';
    options.problems.add("bad-template", `${path}: ${error.message}`, node.location, hint);
    return node;
  }
}
