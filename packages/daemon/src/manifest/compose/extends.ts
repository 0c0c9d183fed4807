/** `extends`: a service begins as another one, of this file or of another, and says what differs. */
import { dirname } from "node:path";
import { isNull, type Located, type LocatedEntry, type LocatedMap, locatedMap } from "../located.ts";
import { didYouMean } from "../nearest.ts";
import { MapReader } from "../reader.ts";
import { asText } from "../value.ts";
import { type ComposeDocument, readDocument, readNamedFile, type Scope } from "./document.ts";
import { mergeServices } from "./merge.ts";
import { normalizeService } from "./normalize-service.ts";

const maxChain = 64;

interface Origin {
  readonly document: ComposeDocument;
  /** Where this document's relative paths are meant from. */
  readonly directory: string;
}

interface Target {
  readonly service: string;
  readonly file?: string;
}

/** Resolves the services of one file; other files are read once each. */
export class ExtendsResolver {
  readonly #scope: Scope;
  readonly #origin: Origin;
  readonly #documents = new Map<string, ComposeDocument | undefined>();
  readonly #done = new Map<string, LocatedMap>();

  constructor(document: ComposeDocument, scope: Scope) {
    this.#scope = scope;
    this.#origin = { document, directory: scope.directory };
    this.#documents.set(document.file.path, document);
  }

  /** The service with all it extends merged in, normalized. Codes: `extends-cycle`, `unknown-service`, `file-missing`. */
  resolve(entry: LocatedEntry): LocatedMap {
    return this.#resolve(entry, this.#origin, []);
  }

  #resolve(entry: LocatedEntry, origin: Origin, chain: readonly string[]): LocatedMap {
    const key = `${origin.document.file.path}\n${entry.key}`;
    const known = this.#done.get(key);
    if (known !== undefined) return known;
    const own = this.#own(entry);
    const extended = own.entries.get("extends");
    const service = normalizeService(without(own, "extends"), origin.directory, this.#scope.context);
    if (extended === undefined || isNull(extended.value)) return service;
    const base = this.#base(extended.value, entry, origin, [...chain, key]);
    const merged = base === undefined ? service : mergeServices(base, service);
    this.#done.set(key, merged);
    return merged;
  }

  #own(entry: LocatedEntry): LocatedMap {
    const { value, key, keyLocation } = entry;
    // Its place is its name: that is where a reader looks for what a service lacks.
    if (value.kind === "map") return { ...value, location: keyLocation };
    if (!isNull(value)) {
      this.#scope.context.problems.add(
        "wrong-type",
        `services.${key} must be a map of settings`,
        value.location,
      );
    }
    return { ...locatedMap([], keyLocation), ...(value.tag === undefined ? {} : { tag: value.tag }) };
  }

  #base(node: Located, from: LocatedEntry, origin: Origin, chain: readonly string[]): LocatedMap | undefined {
    const { problems } = this.#scope.context;
    const target = readTarget(node, `services.${from.key}.extends`, this.#scope);
    if (target === undefined) return undefined;
    const found = target.file === undefined ? origin : this.#open(target.file, origin, node);
    if (found === undefined) return undefined;
    const { services, file } = found.document;
    const base = services.entries.get(target.service);
    if (base === undefined) {
      const message = `services.${from.key} extends "${target.service}", which is not in ${file.label}`;
      problems.add(
        "unknown-service",
        message,
        node.location,
        didYouMean(target.service, services.entries.keys()),
      );
      return undefined;
    }
    const key = `${file.path}\n${target.service}`;
    if (chain.length >= maxChain) {
      problems.add(
        "extends-too-long",
        `more than ${maxChain} services extend each other in a row`,
        node.location,
      );
      return undefined;
    }
    if (chain.includes(key)) {
      const cycle = [...chain.slice(chain.indexOf(key)), key].map((link) =>
        link.slice(link.indexOf("\n") + 1),
      );
      problems.add("extends-cycle", `services extend each other: ${cycle.join(" → ")}`, node.location);
      return undefined;
    }
    return this.#resolve(base, found, chain);
  }

  #open(path: string, origin: Origin, node: Located): Origin | undefined {
    const file = readNamedFile(this.#scope.context, origin.directory, path, node.location);
    if (file === undefined) return undefined;
    if (!this.#documents.has(file.path)) this.#documents.set(file.path, readDocument(file, this.#scope));
    const document = this.#documents.get(file.path);
    return document === undefined ? undefined : { document, directory: dirname(file.path) };
  }
}

function readTarget(node: Located, path: string, { context }: Scope): Target | undefined {
  if (node.kind !== "map") {
    const service = asText(node, path, context.problems);
    return service === undefined ? undefined : { service };
  }
  const read = new MapReader(node, path, context.problems);
  const service = read.text("service");
  const file = read.text("file");
  read.finish();
  if (service === undefined && !read.has("service")) read.missing("service");
  return service === undefined ? undefined : { service, ...(file === undefined ? {} : { file }) };
}

function without(map: LocatedMap, key: string): LocatedMap {
  const entries = new Map(map.entries);
  entries.delete(key);
  return { ...map, entries };
}
