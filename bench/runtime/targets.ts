/** A figure of a contender: `of("holdfast", "snapshot", "ms")`; NaN when there is none. */
export type Medians = (contender: string, measure: string, figure: string) => number;

/** One aim: what was found, in the same unit as `atMost`. */
export interface Target {
  readonly what: string;
  readonly found: number;
  readonly atMost: number;
}

/** What the library wants to be, beside the others of the same run. */
export function targets(of: Medians): readonly Target[] {
  const one = (body: string, contender: string) => of(contender, `one by one, ${body} bodies`, "each-ns");
  const cancel = (body: string, contender: string) => of(contender, `crowd, ${body} bodies`, "cancel-ms");
  const beside = (count: string) => of("holdfast", `beside ${count}`, "each-ns");
  const both = ["bare", "async"];
  const each = (what: string, atMost: number, found: (body: string) => number): readonly Target[] =>
    both.map((body) => ({ what: `${what} (${body} bodies)`, found: found(body), atMost }));
  return [
    ...each("spawn+await / raw await", 3, (body) => one(body, "holdfast") / one(body, "raw-promise")),
    ...each(
      "spawn+await / Effect's runPromise",
      1,
      (body) => one(body, "holdfast") / one(body, "effect-run-fork"),
    ),
    ...each("heap of a live task, B", 950, (body) => of("holdfast", `crowd, ${body} bodies`, "heap-B")),
    ...each("cancelling 100,000, ms", 65, (body) => cancel(body, "holdfast")),
    ...each("cancelling / Effect's interruption of a scope", 1 / 3, (body) => {
      return cancel(body, "holdfast") / cancel(body, "effect-scope");
    }),
    ...each("cancelling / Effect's interruption of loose fibers", 1 / 3, (body) => {
      return cancel(body, "holdfast") / cancel(body, "effect-run-fork");
    }),
    { what: "spawn beside 100,000 / beside 1,000", found: beside("100,000") / beside("1,000"), atMost: 2 },
    { what: "kept of a finished task, B", found: of("holdfast", "finished children", "each-B"), atMost: 1 },
    { what: "snapshot of 100,000, ms", found: of("holdfast", "snapshot", "ms"), atMost: 20 },
    { what: "token and registry, min+gzip B", found: of("holdfast", "bundle", "gzip-B"), atMost: 2_048 },
  ];
}
