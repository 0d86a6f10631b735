import type { Build } from "../../src/api/objects/build.ts";
import { formatDuration } from "../../src/api/values/duration.ts";
import { isRecheck } from "../../src/core/build/state.ts";
import type { Fairness } from "../../src/core/queue/order/fairness.ts";
import { createFleet, type Recorder } from "../support/fleet/fleet.ts";
import { exponential, randomOf } from "../support/random.ts";
import type { Print } from "./bench.ts";

const minute = 60_000;
const day = 86_400_000;
const builders = 8;
const days = 30;
const load = 0.7;
/** Minutes of a build on a tree that is warm for the pull request, and on a cold tree. */
const durations = { warm: 15, cold: 45 };
/** Pushes to a pull request, its opening included. `untilMerged` is the time from the last push to the merge. */
const pushes = 7;
const betweenPushes = 8 * 60 * minute;
const untilMerged = day;
/** An author opens this many pull requests at once on each Monday. They are closed after three days. */
const flood = { author: "flood", pullRequests: 100, firstNumber: 100_000, every: 7 * day, open: 3 * day };

interface Scenario {
  readonly strategy: "Affinity" | "Modulo";
  readonly preempts: boolean;
  readonly isFlooded: boolean;
  readonly fairness: Fairness;
}

interface Month {
  readonly waits: readonly number[];
  /** Waits of the author with many pull requests. */
  readonly floodWaits: readonly number[];
  readonly warm: number;
  readonly untested: number;
  readonly all: number;
  readonly warmAll: number;
  readonly rechecks: number;
  readonly duplicates: number;
  readonly busy: number;
}

/** A simulated month of a pool, with affinity and with ali-bot's static partition, over the same pull requests. */
export async function bench(print: Print): Promise<void> {
  print(
    `a month of ${builders} builders, arrivals for load ${load} if half the builds were warm: ${pushes} pushes a pull request, a build takes ${durations.warm} min warm and ${durations.cold} min cold`,
  );
  for (const [name, strategy, preempts] of [
    ["affinity and claims", "Affinity", true],
    ["static partition (sha modulo pool size)", "Modulo", false],
  ] as const) {
    const began = performance.now();
    const month = simulate({ strategy, preempts, isFlooded: false, fairness: checkTurns });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const p = (share: number) => formatDuration(quantile(month.waits, share));
    print(
      [
        `  ${name}: wait p50 ${p(0.5)}, p95 ${p(0.95)}, p99 ${p(0.99)}`,
        `warm ${Math.round((100 * month.warm) / month.untested)} % of ${month.untested} untested, ${Math.round((100 * month.warmAll) / month.all)} % of all builds`,
        `${month.rechecks} rechecks`,
        `${month.duplicates} duplicates`,
        `busy with untested ${Math.round(100 * month.busy)} %  (${seconds} s)`,
      ].join(", "),
    );
  }
  printFlood(print);
}

const checkTurns: Fairness = { by: ["Repository", "Check"], weights: [] };

/** The same month with the author of many pull requests, with and without turns. */
function printFlood(print: Print): void {
  print(`the same month, and an author opens ${flood.pullRequests} pull requests at once on each Monday:`);
  for (const [name, by] of [
    ["by waiting time alone", []],
    ["in turns by author", ["Author"]],
  ] as const) {
    const fairness = { by: [...by], weights: [] };
    const month = simulate({ strategy: "Affinity", preempts: true, isFlooded: true, fairness });
    const p = (waits: readonly number[], share: number) => formatDuration(quantile(waits, share));
    print(
      `  ${name}: the others wait p50 ${p(month.waits, 0.5)}, p95 ${p(month.waits, 0.95)}, p99 ${p(month.waits, 0.99)}; this author p50 ${p(month.floodWaits, 0.5)}, p95 ${p(month.floodWaits, 0.95)}; warm ${Math.round((100 * month.warm) / month.untested)} %`,
    );
  }
}

/** Pull requests arrive at random. Their rate gives `load` if half of the builds are warm. */
function simulate({ strategy, preempts, isFlooded, fairness }: Scenario): Month {
  const random = randomOf(1);
  const month = {
    waits: [] as number[],
    floodWaits: [] as number[],
    warm: 0,
    untested: 0,
    rechecks: 0,
    all: 0,
    warmAll: 0,
    duplicates: 0,
    busy: 0,
  };
  const running = new Map<string, { readonly since: number; readonly isRecheck: boolean }>();
  const chance = randomOf(2);
  const recorder: Recorder = {
    wrote: () => {},
    settled: () => {},
    started: (_, { build, isWarm, startedAt, waited }) => {
      const key = commitOf(build);
      if (running.has(key)) month.duplicates += 1;
      running.set(key, { since: startedAt, isRecheck: isRecheck(build) });
      month.all += 1;
      if (isWarm) month.warmAll += 1;
      if (isRecheck(build)) month.rechecks += 1;
      else {
        month.untested += 1;
        if (isWarm) month.warm += 1;
        (build.spec.author === flood.author ? month.floodWaits : month.waits).push(waited);
      }
    },
    stopped: (_, { build }) => {
      const process = running.get(commitOf(build));
      running.delete(commitOf(build));
      if (process?.isRecheck === false) month.busy += fleet.now() - process.since;
    },
  };
  const fleet = createFleet({
    builders,
    spec: { partition: { strategy, patience: "10m" }, fairness },
    partOf: (one) => ({ author: one < flood.firstNumber ? `author-${one % 20}` : flood.author }),
    preempts,
    random: chance,
    duration: (isWarm) => (isWarm ? durations.warm : durations.cold) * minute * (0.5 + chance()),
    warmup: 30 * minute,
    recorder,
  });
  const start = fleet.now();
  const meanBuild = ((durations.warm + durations.cold) / 2) * minute;
  const betweenPullRequests = (meanBuild * pushes) / (load * builders);
  let number = 0;
  for (let moment = start; moment < start + days * day; moment += exponential(random, betweenPullRequests)) {
    number += 1;
    schedule(fleet, number, moment, random);
  }
  for (let week = 0; isFlooded && week * flood.every < days * day; week += 1) {
    for (let index = 0; index < flood.pullRequests; index += 1) {
      const one = flood.firstNumber + week * flood.pullRequests + index;
      fleet.at(start + week * flood.every, () => fleet.open(one));
      fleet.at(start + week * flood.every + flood.open, () => fleet.close(one));
    }
  }
  fleet.run(start + days * day);
  return { ...month, busy: month.busy / (builders * days * day) };
}

function schedule(fleet: ReturnType<typeof createFleet>, number: number, opened: number, random: () => number): void {
  let moment = opened;
  fleet.at(moment, () => fleet.open(number));
  while (random() < 1 - 1 / pushes) {
    moment += exponential(random, betweenPushes);
    fleet.at(moment, () => fleet.push(number));
  }
  fleet.at(moment + exponential(random, untilMerged), () => fleet.close(number));
}

function commitOf({ spec }: Build): string {
  return `${spec.check} ${spec.commit}`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
