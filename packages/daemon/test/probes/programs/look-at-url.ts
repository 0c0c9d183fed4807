/** Looks at each URL once, and tells what was found. `look-at-url.ts URL…` */
import { lookAtUrl } from "./look-once.ts";

const found: unknown[] = [];
for (const url of process.argv.slice(2)) found.push(await lookAtUrl(url));
console.log(JSON.stringify(found));
