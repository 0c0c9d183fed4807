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
    | "putDelivery"
    | "dropDelivery"
    | "readEvents"
    | "readEventsBefore"
    | "readOperations"
    | "nextGeneration"
    | "touch"]: StatementSync;
} {
  return {
    putProject: database.prepare("INSERT OR REPLACE INTO project VALUES (?, ?)"),
    dropProject: database.prepare("DELETE FROM project WHERE name = ?"),
    putInstance: database.prepare("INSERT OR REPLACE INTO instance VALUES (?, ?, ?, ?)"),
    dropInstance: database.prepare("DELETE FROM instance WHERE project = ? AND name = ? AND instance = ?"),
    putOperation: database.prepare("INSERT OR REPLACE INTO operation VALUES (?, ?, ?)"),
    putEvent: database.prepare("INSERT OR REPLACE INTO event VALUES (?, ?)"),
    putDelivery: database.prepare("INSERT OR REPLACE INTO delivery VALUES (?, ?)"),
    dropDelivery: database.prepare("DELETE FROM delivery WHERE key = ?"),
    readEvents: database.prepare(
      `SELECT event FROM event WHERE seq > ?1 AND ${has("event", "project", "?2")} ORDER BY seq LIMIT ?3`,
    ),
    readEventsBefore: database.prepare(
      `SELECT event FROM event WHERE seq < ?1 AND ${has("event", "project", "?2")} ORDER BY seq DESC LIMIT ?3`,
    ),
    readOperations: database.prepare(
      `SELECT record FROM operation WHERE since >= ?1 AND ${has("record", "project", "?2")}
       AND ${has("record", "name", "?3")} ORDER BY since DESC, rowid DESC LIMIT ?4`,
    ),
    nextGeneration: database.prepare("UPDATE meta SET value = value + 1 WHERE name = 'generation'"),
    touch: database.prepare("UPDATE meta SET value = value WHERE name = 'generation'"),
  };
}

/** True when the parameter is null, or the JSON in the column has it as that member. */
function has(column: string, member: string, parameter: string): string {
  return `(${parameter} IS NULL OR (json_valid(${column}) AND ${column} ->> '$.${member}' = ${parameter}))`;
}
