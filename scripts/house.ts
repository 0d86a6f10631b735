import { resolve } from "node:path";
import { measureHouse } from "./house/measure.ts";

/** `node scripts/house.ts [-v]`: prints the measures of the house, and exits with 1 when one is over its limit. */
const { rows, problems, worst } = measureHouse(resolve(import.meta.dirname, ".."));
const width = Math.max(...rows.map(({ name }) => name.length));
for (const { name, found, limit } of rows) console.log(`${name.padEnd(width)}  ${found}${limit && `  (${limit})`}`);
if (process.argv.includes("-v")) for (const line of worst) console.log(`  ${line}`);
for (const problem of problems) console.error(`house: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
