/*
 * `make bench [ONLY=name]`: prints every number beside its reference, in one run.
 * Machines are noisy: read ratios and medians.
 */
import { runBench } from "./bench.ts";
import { benchesOf } from "./benches.ts";

for (const [name, load] of benchesOf(process.argv.slice(2))) {
  const { bench } = await load();
  await runBench(name, bench, console.log);
}
