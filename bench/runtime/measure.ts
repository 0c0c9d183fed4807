// One measurement in a fresh process: node --expose-gc bench/runtime/measure.ts CONTENDER MEASURE
import type { Contender } from "./contender.ts";
import { type MeasureName, measures } from "./measures.ts";

const [name, what] = process.argv.slice(2);
const { contender } = (await import(`./contenders/${name}.ts`)) as { readonly contender: Contender };
const figures = await measures[what as MeasureName](contender);
console.log(JSON.stringify(figures ?? {}));
