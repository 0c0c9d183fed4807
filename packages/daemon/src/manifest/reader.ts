/**
 * Reads typed values out of a located map and records all that is wrong with them, each with its place. A getter
 * gives undefined both for an absent key and for a wrong value: the caller goes on with its default, and the
 * problem list keeps the result from being used.
 */
import type { SourceLocation } from "../spec/app-spec.ts";
import { isNull, type Located, type LocatedMap } from "./located.ts";
import { didYouMean } from "./nearest.ts";
import type { ProblemList } from "./problem.ts";
import {
  asBoolean,
  asDurationMs,
  asInteger,
  asMap,
  asOneOf,
  asString,
  asStringMap,
  asText,
  asTextList,
  type IntegerRange,
} from "./value.ts";

/** A map of one kind, such as a service. Each key asked for becomes a known one; `finish` refuses all others. */
export class MapReader {
  readonly map: LocatedMap;
  /** Where the map is in the document, for messages: `services.web.deploy`. */
  readonly path: string;
  readonly #problems: ProblemList;
  readonly #known = new Set<string>();

  constructor(map: LocatedMap, path: string, problems: ProblemList) {
    this.map = map;
    this.path = path;
    this.#problems = problems;
  }

  get location(): SourceLocation {
    return this.map.location;
  }

  /** `services.web` and `ports` make `services.web.ports`. */
  pathOf(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  /** The value as it is; undefined when the key is absent or has nothing after it. */
  node(key: string): Located | undefined {
    this.#known.add(key);
    const value = this.map.entries.get(key)?.value;
    return value === undefined || isNull(value) ? undefined : value;
  }

  /** Where the key stands, or the map when it is absent. */
  locationOf(key: string): SourceLocation {
    return this.map.entries.get(key)?.keyLocation ?? this.map.location;
  }

  has(key: string): boolean {
    return this.node(key) !== undefined;
  }

  /** Keys that are understood and mean nothing here. */
  accept(...keys: readonly string[]): void {
    for (const key of keys) this.#known.add(key);
  }

  /** A text; numbers and truth values are not. */
  string(key: string): string | undefined {
    return this.#read(key, asString);
  }

  /** Any scalar, as it was written. */
  text(key: string): string | undefined {
    return this.#read(key, asText);
  }

  boolean(key: string): boolean | undefined {
    return this.#read(key, asBoolean);
  }

  integer(key: string, range: IntegerRange = {}): number | undefined {
    return this.#read(key, (node, path, problems) => asInteger(node, path, problems, range));
  }

  /** Milliseconds; a bare number is allowed only with its unit. */
  durationMs(key: string, bareUnitMs?: number): number | undefined {
    return this.#read(key, (node, path, problems) => asDurationMs(node, path, problems, bareUnitMs));
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    return this.#read(key, (node, path, problems) => asOneOf(node, path, problems, allowed));
  }

  /** A list of scalars, as they were written. */
  textList(key: string): readonly string[] | undefined {
    return this.#read(key, asTextList);
  }

  /** A map of scalars; a key with nothing after it is the empty text. */
  stringMap(key: string): Readonly<Record<string, string>> | undefined {
    return this.#read(key, asStringMap);
  }

  reader(key: string): MapReader | undefined {
    const map = this.#read(key, asMap);
    return map === undefined ? undefined : new MapReader(map, this.pathOf(key), this.#problems);
  }

  wrong(code: string, key: string, message: string, hint?: string): void {
    this.#problems.add(code, `${this.pathOf(key)}: ${message}`, this.locationOf(key), hint);
  }

  missing(key: string, hint?: string): void {
    const owner = this.path === "" ? "the file" : this.path;
    this.#problems.add("missing-key", `${owner} has no "${key}"`, this.map.location, hint);
  }

  /** Refuses keys nobody asked for, and by name those that `unsupported` knows; keys that begin with `x-` are free. */
  finish(unsupported: Readonly<Record<string, string>> = {}): void {
    for (const { key, keyLocation } of this.map.entries.values()) {
      if (this.#problems.isFull) return;
      if (this.#known.has(key) || key.startsWith("x-")) continue;
      const hint = Object.hasOwn(unsupported, key) ? unsupported[key] : undefined;
      if (hint !== undefined) {
        const message = `${this.pathOf(key)} is not supported`;
        this.#problems.add("unsupported-key", message, keyLocation, hint === "" ? undefined : hint);
        continue;
      }
      const message = `${this.pathOf(key)}: unknown key`;
      this.#problems.add(
        "unknown-key",
        message,
        keyLocation,
        didYouMean(key, [...this.#known, ...Object.keys(unsupported)]),
      );
    }
  }

  #read<T>(
    key: string,
    as: (node: Located, path: string, problems: ProblemList) => T | undefined,
  ): T | undefined {
    const node = this.node(key);
    return node === undefined ? undefined : as(node, this.pathOf(key), this.#problems);
  }
}
