/** The names an app or a project may have: safe in a path, in a label and in a URL. */
export const appNamePattern: RegExp = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/;
