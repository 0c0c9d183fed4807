import { type LocatedMap, valueAt } from "../located.ts";
import { ProblemList } from "../problem.ts";
import { asBoolean } from "../value.ts";

/** True when the key says so; a wrong value is no, and told by whoever reads the key for good. */
export function isOn(map: LocatedMap, key: string): boolean {
  const node = valueAt(map, key);
  return node !== undefined && asBoolean(node, key, new ProblemList()) === true;
}
