/*
 * `make bench [ONLY=name]`: every number beside its reference, in one run. Machines are noisy: read ratios and medians.
 */
const benches = ["scan", "choose", "month", "store", "github", "overhead", "command"] as const;
const only = process.argv.slice(2);

for (const name of benches) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.log(`\n== ${name}`);
  const { bench }: { bench(): Promise<void> } = await import(`./${name}.ts`);
  await bench();
}
