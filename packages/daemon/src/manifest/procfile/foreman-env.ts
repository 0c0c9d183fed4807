/**
 * A `.env` file by foreman's rules, which are not Compose's: `KEY=value` from the first column, nothing is
 * substituted, `#` begins no comment within a value, `export` is not known, and any other line is a remark.
 */

const assignment = /^([A-Za-z_0-9]+)=(.*)$/;

/** The variables in the order of the file; the last value of a name counts. */
export function parseForemanEnv(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, name, value] = assignment.exec(line) ?? [];
    if (name !== undefined && value !== undefined) variables.set(name, unquote(value));
  }
  return variables;
}

function unquote(value: string): string {
  const single = /^'(.*)'$/.exec(value)?.[1];
  if (single !== undefined) return single;
  const double = /^"(.*)"$/.exec(value)?.[1];
  // In this order: an escaped backslash before an "n" is a line end to foreman as well.
  return double === undefined ? value : double.replaceAll("\\n", "\n").replace(/\\(.)/g, "$1");
}
