/** What `${NAME…}` may do with a value, by the names of the operators that process-compose's substitution knows. */
import { globMatches } from "./glob-match.ts";

/** The value of an operator applied to the variable's own value. An absent variable has the value "". */
export function applyOperator(operator: string, value: string, operands: readonly string[]): string {
  const [first = "", second = ""] = operands;
  switch (operator) {
    case ",":
      return value.charAt(0).toLowerCase() + value.slice(1);
    case ",,":
      return value.toLowerCase();
    case "^":
      return value.charAt(0).toUpperCase() + value.slice(1);
    case "^^":
      return value.toUpperCase();
    case "length":
      return String(Buffer.byteLength(value));
    case ":":
      return substring(value, operands);
    case "#":
    case "##":
    case "%":
    case "%%":
      return trim(value, operator, first);
    case "/":
      return value.replace(first, () => second);
    case "//":
      return first === "" ? value : value.replaceAll(first, () => second);
    case "/#":
      return value.startsWith(first) ? second + value.slice(first.length) : value;
    case "/%":
      return value.endsWith(first) ? value.slice(0, value.length - first.length) + second : value;
    default:
      // `=`, `:=`, `:-`, `:?` and `:+` are all one thing to it: a default for what is empty.
      return value === "" ? operands.join("") : value;
  }
}

function substring(value: string, [offsetText = "", lengthText]: readonly string[]): string {
  const wholeNumber = /^[+-]?\d+$/;
  if (!wholeNumber.test(offsetText)) return value;
  const offset = Number(offsetText);
  const start = offset < 0 ? Math.max(0, value.length + offset) : offset;
  if (lengthText === undefined) return value.slice(start);
  if (!wholeNumber.test(lengthText)) return value;
  return value.slice(start, Math.max(start, start + Number(lengthText)));
}

/** Takes the shortest (one sign) or longest (two) match of a pattern from the start (`#`) or the end (`%`). */
function trim(value: string, operator: string, pattern: string): string {
  const fromStart = operator.startsWith("#");
  const longest = operator.length === 2;
  for (let taken = 1; taken <= value.length; taken += 1) {
    const length = longest ? value.length + 1 - taken : taken;
    const part = fromStart ? value.slice(0, length) : value.slice(value.length - length);
    if (globMatches(pattern, part)) {
      return fromStart ? value.slice(length) : value.slice(0, value.length - length);
    }
  }
  return value;
}
