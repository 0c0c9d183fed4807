import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Statements = ReturnType<typeof prepareStatements>;

/** The statements that a running daemon needs again and again. Throws when a table or a column is not there. */
export function prepareStatements(database: DatabaseSync): {
  readonly [name in
    | "putProject"
    | "dropProject"
    | "putInstance"
    | "dropInstance"
    | "putOperation"
    | "putEvent"
    | "readEvents"
    | "nextGeneration"]: StatementSync;
} {
  return {
    putProject: database.prepare("INSERT OR REPLACE INTO project VALUES (?, ?)"),
    dropProject: database.prepare("DELETE FROM project WHERE name = ?"),
    putInstance: database.prepare("INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?)"),
    dropInstance: database.prepare("DELETE FROM instance WHERE project = ? AND name = ? AND instance = ?"),
    putOperation: database.prepare("INSERT OR REPLACE INTO operation VALUES (?, ?, ?)"),
    putEvent: database.prepare("INSERT OR REPLACE INTO event VALUES (?, ?)"),
    readEvents: database.prepare("SELECT event FROM event WHERE seq > ? ORDER BY seq LIMIT ?"),
    nextGeneration: database.prepare("UPDATE meta SET value = value + 1 WHERE name = 'generation'"),
  };
}
