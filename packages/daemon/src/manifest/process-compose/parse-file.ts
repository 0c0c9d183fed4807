/** One process-compose file as a located tree: variables substituted in its text, then parsed. */
import { type LoadContext, type ManifestFile, maxFileBytes } from "../load-context.ts";
import { isNull, type LocatedMap } from "../located.ts";
import { ProblemList } from "../problem.ts";
import { wrongType } from "../value.ts";
import { parseYaml } from "../yaml-source.ts";
import { normalizeEnvironments } from "./environment-list.ts";
import { expandEnv, type ValueLookup } from "./expand-env.ts";
import { isOn } from "./is-on.ts";
import { relocateTree, relocator } from "./relocate.ts";

/**
 * The file's tree, with places in the text that the user wrote. Undefined after adding what is wrong: the codes of
 * `parseYaml` and `normalizeEnvironments`, `bad-substitution`, `wrong-type`.
 */
export function parseFile(
  file: ManifestFile,
  lookup: ValueLookup,
  context: Pick<LoadContext, "problems">,
): LocatedMap | undefined {
  const { problems } = context;
  const expandedProblems = new ProblemList();
  const expanded = parseExpanded(file, lookup, expandedProblems);
  if (expanded !== undefined && !isOn(expanded, "disable_env_expansion")) {
    return normalizeEnvironments(expanded, problems);
  }
  const rawProblems = new ProblemList();
  const raw = asProject(parseYaml(file.label, file.text, rawProblems), rawProblems, file);
  if (raw !== undefined && isOn(raw, "disable_env_expansion")) return normalizeEnvironments(raw, problems);
  for (const { code, message, location, hint } of expandedProblems.all) {
    problems.add(code, message, location, hint);
  }
  return undefined;
}

function parseExpanded(
  file: ManifestFile,
  lookup: ValueLookup,
  problems: ProblemList,
): LocatedMap | undefined {
  if (file.text.length > maxFileBytes)
    return asProject(parseYaml(file.label, file.text, problems), problems, file);
  const expansion = expandEnv(file.text, lookup);
  if (!expansion.ok) {
    const before = file.text.slice(0, expansion.offset);
    const column = expansion.offset - before.lastIndexOf("\n");
    const location = { file: file.label, line: before.split("\n").length, column };
    problems.add(
      "bad-substitution",
      expansion.reason,
      location,
      "write $$ for a $ that is meant for the shell",
    );
    return undefined;
  }
  const relocate = relocator(file.text, expansion);
  const found = new ProblemList();
  const tree = asProject(parseYaml(file.label, expansion.text, found), found, file);
  for (const { code, message, location, hint } of found.all) {
    problems.add(code, message, location === undefined ? undefined : relocate(location), hint);
  }
  const moved = tree === undefined ? undefined : relocateTree(tree, relocate);
  return moved?.kind === "map" ? moved : undefined;
}

function asProject(
  tree: ReturnType<typeof parseYaml>,
  problems: ProblemList,
  file: ManifestFile,
): LocatedMap | undefined {
  if (tree === undefined || tree.kind === "map") return tree;
  if (!isNull(tree)) return wrongType(tree, "the file", problems, "a map");
  problems.add("empty-file", "the file is empty", { file: file.label, line: 1, column: 1 });
  return undefined;
}
