import type { Histogram } from "prom-client";
import type { Build } from "../../api/objects/build.ts";
import type { Builder } from "../../api/objects/builder.ts";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { isHeld, isShadow, isWanted } from "../../core/build/state.ts";
import { flakyVerdictsOf } from "../../core/verdict/flaky.ts";
import type { Budget } from "../../github/github.ts";
import type { Vitals } from "../../system/vitals.ts";
import { stallMetric } from "./stalls.ts";

/** The objects and counters that metrics are computed from, at each scrape. */
export interface MetricsInput {
  readonly pools: readonly BuilderPool[];
  readonly builders: readonly Builder[];
  readonly builds: readonly Build[];
  /** Budgets of all GitHub connections. */
  readonly budgets: readonly Budget[];
  /** Counts of watch events; absent without an API server. */
  readonly watches?: readonly Count[];
  /** Measurements of the operator's process; absent when the operator shares its process. */
  readonly vitals?: Vitals;
  /** Stalls of the operator's process; absent when the operator shares its process. */
  readonly stalls?: Histogram;
  /** Wall clock in milliseconds. */
  readonly now: number;
}

/** How often a fact happened to the watches of a kind, since this process became the leader. */
export interface Count {
  readonly kind: string;
  readonly fact: string;
  readonly times: number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge, a counter or a histogram. An unknown sample is absent: an outage must not look like an empty queue. */
export interface Metric {
  readonly name: string;
  /** Whether the value only grows while the process runs. */
  readonly isCounter?: boolean;
  readonly help: string;
  readonly labels: readonly string[];
  readonly samples: (input: MetricsInput) => readonly Sample[];
  /** The counts of a histogram, which has no samples. */
  readonly histogram?: (input: MetricsInput) => Histogram | undefined;
}

/** All metrics. The exporter, its tests and the reference page use this table. */
export const metrics: readonly Metric[] = [
  {
    name: "builderpool_builders",
    help: "Builders of a pool by phase",
    labels: ["pool", "phase"],
    samples: ({ builders }) =>
      counted(builders, ({ spec, status }) => ({ pool: spec.pool, phase: status?.phase ?? "Pending" })),
  },
  {
    name: "builderpool_builds",
    help: "Open pull requests of a check by state: waiting, building, failed, succeeded or blocked. Absent while GitHub cannot be listed",
    labels: ["pool", "check", "repository", "state"],
    samples: (input) =>
      counted(known(input), (build) => {
        const { pool, check, repository } = build.spec;
        return { pool, check, repository, state: stateOf(build) };
      }),
  },
  {
    name: "builderpool_flaky_builds",
    help: "Open pull requests of a check with a success and a failure on their current commit. Absent while GitHub cannot be listed",
    labels: ["pool", "check", "repository"],
    samples: (input) =>
      counted(
        known(input).filter((build) => flakyVerdictsOf(build).length > 0),
        ({ spec: { pool, check, repository } }) => ({ pool, check, repository }),
      ),
  },
  {
    name: "builderpool_oldest_wait_seconds",
    help: "Waiting time of the oldest untested pull request of a check. 0 without waiting pull requests, absent while GitHub cannot be listed",
    labels: ["pool", "check", "repository"],
    samples: (input) =>
      [...Map.groupBy(known(input), ({ spec }) => JSON.stringify([spec.pool, spec.check, spec.repository]))].flatMap(
        ([, builds]) => oldestWait(builds, input.now),
      ),
  },
  {
    name: "builderpool_uncovered_builds",
    help: "Wanted builds that no ready builder would claim. The condition Covered gives the reasons",
    labels: ["pool"],
    samples: ({ pools }) =>
      pools.flatMap(({ metadata, status }) =>
        status?.uncovered === undefined ? [] : [{ labels: { pool: metadata.name }, value: status.uncovered }],
      ),
  },
  {
    name: "builderpool_canary_agreements",
    help: "Verdicts of a revision on trial that agree with loud verdicts. Absent without a canary rollout",
    labels: ["pool", "phase"],
    samples: ({ pools }) =>
      pools.flatMap(({ metadata, status }) => {
        const { canary } = status ?? {};
        if (canary === undefined) return [];
        return [{ labels: { pool: metadata.name, phase: canary.phase }, value: canary.agreed.length }];
      }),
  },
  {
    name: "builderpool_listing_fresh",
    help: "1 when the last attempt to list the pull requests succeeded, 0 when the listing may be out of date",
    labels: ["pool", "repository", "branch"],
    samples: ({ pools }) =>
      pools.flatMap(({ metadata, status }) =>
        (status?.listings ?? []).map(({ repository, branch, stale }) => ({
          labels: { pool: metadata.name, repository, branch },
          value: stale ? 0 : 1,
        })),
      ),
  },
  {
    name: "builderpool_pool_condition",
    help: "1 when a condition of the pool is True, 0 when it is False. Absent while it is Unknown",
    labels: ["pool", "type"],
    samples: ({ pools }) =>
      pools.flatMap(({ metadata, status }) =>
        (status?.conditions ?? [])
          .filter((condition) => condition.status !== "Unknown")
          .map(({ type, status: holds }) => ({
            labels: { pool: metadata.name, type },
            value: holds === "True" ? 1 : 0,
          })),
      ),
  },
  {
    name: "builderpool_work_area_free_bytes",
    help: "Free space of a builder's work area in bytes",
    labels: ["pool", "builder"],
    samples: ({ builders }) =>
      builders.flatMap(({ metadata, spec, status }) =>
        status?.disk === undefined
          ? []
          : [{ labels: { pool: spec.pool, builder: metadata.name }, value: status.disk.free }],
      ),
  },
  {
    name: "builderpool_github_remaining",
    help: "Remaining requests (core) or points (graphql) of the GitHub budget until its reset",
    labels: ["resource"],
    samples: ({ budgets, now }) =>
      [...Map.groupBy(budgets, ({ resource }) => resource)].map(([resource, all]) => ({
        labels: { resource },
        // The budget of a deleted pool or an old token gets no update after its reset. Count it as full.
        value: Math.min(...all.map(({ remaining, limit, resetAt }) => (now < resetAt ? remaining : limit))),
      })),
  },
  {
    name: "builderpool_watch_total",
    isCounter: true,
    help: "Events of the watches of a kind in a cluster: Listed, Opened, Ended by the server, Failed, Expired, and Unreadable for an object with an invalid schema",
    labels: ["kind", "fact"],
    samples: ({ watches = [] }) => watches.map(({ kind, fact, times }) => ({ labels: { kind, fact }, value: times })),
  },
  {
    ...stallMetric,
    labels: [],
    samples: () => [],
    histogram: ({ stalls }) => stalls,
  },
  {
    name: "builderpool_operator_resident_bytes",
    help: "Resident memory of the operator's process",
    labels: [],
    samples: ({ vitals }) => ofProcess(vitals?.residentBytes),
  },
  {
    name: "builderpool_operator_cpu_seconds_total",
    isCounter: true,
    help: "Processor time used by the operator's process",
    labels: [],
    samples: ({ vitals }) => ofProcess(vitals?.cpuSeconds),
  },
];

function ofProcess(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }];
}

/** Builds of the pools with a known queue. */
function known({ pools, builds }: MetricsInput): readonly Build[] {
  const listed = new Set(
    pools.filter(({ status }) => status?.queued !== undefined).map(({ metadata }) => metadata.name),
  );
  return builds.filter((build) => listed.has(build.spec.pool) && !isShadow(build));
}

function stateOf(build: Build): string {
  if (build.spec.blocked !== undefined) return "blocked";
  if (isHeld(build)) return "building";
  return build.spec.group === "untested" && isWanted(build) ? "waiting" : build.spec.group;
}

function oldestWait(builds: readonly Build[], now: number): readonly Sample[] {
  const [first] = builds;
  if (first === undefined) return [];
  const { pool, check, repository } = first.spec;
  const since = builds.filter((build) => stateOf(build) === "waiting").map(({ spec }) => Date.parse(spec.waitingSince));
  const value = since.length === 0 ? 0 : Math.max(0, (now - Math.min(...since)) / 1000);
  return [{ labels: { pool, check, repository }, value }];
}

function counted<T>(
  objects: readonly T[],
  labelsOf: (object: T) => Readonly<Record<string, string>>,
): readonly Sample[] {
  return [...Map.groupBy(objects, (object) => JSON.stringify(labelsOf(object)))].map(([labels, group]) => ({
    labels: JSON.parse(labels),
    value: group.length,
  }));
}
