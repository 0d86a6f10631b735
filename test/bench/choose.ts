import type { Build } from "../../src/api/objects/build.ts";
import { createPreference } from "../../src/core/partition/preference.ts";
import { chooseBuild } from "../../src/core/queue/choose.ts";
import { aBuild, heldBy } from "../support/objects/build.ts";
import { aBuilder } from "../support/objects/builder.ts";
import { randomOf } from "../support/random.ts";
import type { Print } from "./bench.ts";

const count = { builds: 5_000, builders: 1_000, choices: 500 };
const limit = 5;

/** The time a builder needs to choose among thousands of builds and builders, in the most expensive situations. */
export async function bench(print: Print): Promise<void> {
  const { builds, builders } = count;
  print(`choosing among ${builds} builds, ${builders} builders, limit ${limit} ms`);
  const waiting = Array.from({ length: builds }, (_, index) => aBuild({ number: index + 1 }));
  const warm = waiting.map((build, index) => aBuild(build.spec, { tree: `o2-${index % builders}` }));
  const busy = waiting.map((build, index) => (index < builders - 1 ? heldBy(`o2-${index + 1}`, build.spec) : build));
  print(measure("all idle, no trees, new in the queue", "Affinity", waiting, 0));
  print(measure("all idle, a tree on every builder", "Affinity", warm, 60_000));
  print(measure("all others busy, 4,000 waiting", "Affinity", busy, 60_000));
  print(measure("modulo", "Modulo", waiting, 60_000));
}

/**
 * Returns the row of one situation. One build changes before every choice.
 * One builder changes its phase before every tenth choice.
 */
function measure(name: string, strategy: "Affinity" | "Modulo", start: readonly Build[], waitedMs: number): string {
  const random = randomOf(7);
  const fleet = Array.from({ length: count.builders }, (_, index) => aBuilder(`o2-${index}`));
  const builds = [...start];
  const preference = createPreference("o2-0");
  const times: number[] = [];
  const computed = cpu();
  for (let round = 0; round < count.choices; round += 1) {
    const changed = Math.floor(random() * builds.length);
    const before = builds[changed];
    if (before !== undefined) builds[changed] = { ...before, spec: { ...before.spec, number: 10_000 + round } };
    if (round % 10 === 0)
      fleet[1 + (round % 900)] = aBuilder(`o2-${1 + (round % 900)}`, { phase: round % 20 ? "Ready" : "Lost" });
    const began = performance.now();
    chooseBuild({
      self: "o2-0",
      builds,
      builders: fleet,
      strategy,
      patience: 600_000,
      recheck: { failedShare: 0.7, maxShare: 0.5 },
      preference,
      waited: () => waitedMs,
      random,
      now: 0,
    });
    times.push(performance.now() - began);
  }
  const mean = ((cpu() - computed) / count.choices).toFixed(2);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(2);
  return `  ${name}: median ${at(0.5)} ms, p99 ${at(0.99)} ms, processor time ${mean} ms`;
}

/**
 * Processor time of this thread in milliseconds, in the kernel's steps. Other load on the machine does not change it.
 */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
