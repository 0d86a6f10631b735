/*
 * `make bench [ONLY=name]`: every number beside its reference, in one run. Machines are noisy: read ratios and medians.
 */
const benches = ["scan", "choose", "month", "store", "github", "overhead", "command"] as const;
/** Need Kubernetes, which a machine compiles once: run when they are named. */
const named = ["kubernetesStore", "cluster"] as const;
const only = process.argv.slice(2);

for (const name of [...benches, ...named]) {
  const isAsked = only.length > 0 ? only.includes(name) : benches.some((bench) => bench === name);
  if (!isAsked) continue;
  console.log(`\n== ${name}`);
  const { bench }: { bench(): Promise<void> } = await import(`./${name}.ts`);
  await bench();
}
