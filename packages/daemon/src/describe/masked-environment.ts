/** Which variables of an app may be shown. Pure. */

/** Names of what nobody should read over a shoulder. */
const secretName = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|CREDENTIAL|AUTH|DSN|COOKIE|PRIVATE)/i;

/** `scheme://user:password@host`, and a bearer's or a basic login in a value. */
const secretValue =
  /^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]*@|\b(?:bearer|basic) \S{8,}|-----BEGIN [A-Z ]*PRIVATE KEY/i;

/** Values that are shorter than this are not looked for in others: they would be everywhere. */
const shortestSecret = 6;

/**
 * The variables by name, each with its value, or null where that looks secret: by its name, by what it is, or because
 * it holds the value of one that does, or of a secret that is `known`.
 */
export function maskedEnvironment(
  environment: Readonly<Record<string, string>>,
  known: readonly string[] = [],
): readonly { readonly name: string; readonly value: string | null }[] {
  const entries = Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const secrets = [
    ...known,
    ...entries.filter(([name, value]) => looksSecret(name, value)).map(([, value]) => value),
  ].filter((secret) => secret.length >= shortestSecret);
  return entries.map(([name, value]) => {
    const isHidden =
      value !== "" && (looksSecret(name, value) || secrets.some((secret) => value.includes(secret)));
    return { name, value: isHidden ? null : value };
  });
}

/** True when a variable of this name or with this value is not to be shown. */
export function looksSecret(name: string, value: string): boolean {
  return secretName.test(name) || secretValue.test(value);
}
