import { isDeepStrictEqual } from "node:util";
import type { Builder, BuilderPhase, BuilderStatus } from "../../../../src/api/objects/builder.ts";
import { apiVersion, restartAnnotation } from "../../../../src/api/objects/group.ts";
import { BuilderPool, type BuilderPoolSpec } from "../../../../src/api/objects/pool.ts";
import type { Trial } from "../../../../src/core/comparison/trials.ts";
import type { Action, PoolPlan } from "../../../../src/core/pool/action.ts";
import { type Member, membersOf } from "../../../../src/core/pool/builder/member.ts";
import type { Pod } from "../../../../src/core/pool/builder/pod.ts";
import { type BuilderTimers, observeTimers, withAges } from "../../../../src/core/pool/builder/timers.ts";
import type {
  ListingState,
  ObservedPool,
  TakenHost,
  Workload,
  WorkloadEnvironment,
} from "../../../../src/core/pool/observed.ts";
import { planPool } from "../../../../src/core/pool/plan.ts";
import {
  advanceBuilders,
  advanceHosts,
  applyAction,
  removeEndedPods,
  type SimulatedPool,
  startMissingPods,
  statusOfHost,
  statusOfPod,
  terminateExcessPods,
  withBuilder,
} from "../../../../src/core/pool/simulation.ts";

type SpecInput = Partial<Record<keyof BuilderPoolSpec, unknown>>;

/** A pool with the defaults of the schema and the given spec. */
export function aPool(spec: SpecInput = {}): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name: "o2", uid: "pool", generation: 1 },
    spec: { package: "O2", repository: "AliceO2Group/AliceO2", image: "builder:1", ...spec },
  });
}

/**
 * The simulated pool `o2` under the real planner. Builders take one phase a step, and only the test moves the clock.
 * The workload fills its ordinals as soon as it changes.
 */
export class World {
  listings: ListingState[] = [];
  refused: string | undefined;
  unsettled = 0;
  trials: readonly Trial[] = [];
  environment: WorkloadEnvironment = {};
  takenHosts: TakenHost[] = [];
  version: string | undefined;
  /** Builders with a claim. */
  holders: ReadonlySet<string> = new Set();
  now = 0;
  /** All actions of the plans, in order. */
  readonly done: Action[] = [];
  #state: SimulatedPool;
  #timers: BuilderTimers = new Map();
  #deletedAt: number | undefined;
  #hostSeenAt = 0;
  #processes = 0;

  constructor(spec: SpecInput = {}) {
    const pool = aPool(spec);
    this.#state = { pool, pods: [], builders: new Map(), workload: undefined, started: 0, uidPrefix: "uid" };
  }

  get pool(): BuilderPool {
    return this.#state.pool;
  }

  get pods(): readonly Pod[] {
    return this.#state.pods;
  }

  set pods(pods: readonly Pod[]) {
    this.#state = { ...this.#state, pods };
  }

  get builders(): ReadonlyMap<string, Builder> {
    return this.#state.builders;
  }

  get workload(): Workload | undefined {
    return this.#state.workload;
  }

  members(): readonly Member[] {
    const members = membersOf("o2", this.pods, [...this.builders.values()]);
    this.#timers = observeTimers(this.#timers, members, this.now);
    return withAges(members, this.#timers, this.now);
  }

  observe(): ObservedPool {
    return {
      pool: this.pool,
      members: this.members(),
      ...(this.workload !== undefined && { workload: this.workload }),
      waiting: { queued: 0 },
      environment: this.environment,
      listings: this.listings,
      trials: this.trials,
      ...(this.refused !== undefined && { refused: this.refused }),
      takenHosts: this.takenHosts,
      ...(this.version !== undefined && { version: this.version }),
      definitions: { broken: [], conflicts: [] },
      unsettled: this.unsettled,
      ...this.#deletion(),
    };
  }

  #deletion(): Pick<ObservedPool, "deletingFor" | "holders" | "withoutHostsFor"> {
    if (this.#deletedAt === undefined) return { deletingFor: 0 };
    if ([...this.builders.values()].some(({ spec }) => spec.external)) this.#hostSeenAt = this.now;
    return {
      deletingFor: this.now - this.#deletedAt,
      holders: this.holders,
      ...(this.pool.spec.external !== undefined && { withoutHostsFor: this.now - this.#hostSeenAt }),
    };
  }

  /** One reconcile. With `stale` the operator sees an older status. It never writes over a newer trial of a canary. */
  step(stale = this.pool.status): PoolPlan {
    const observed = this.observe();
    const { status: _, ...pool } = observed.pool;
    const plan = planPool({ ...observed, pool: { ...pool, ...(stale !== undefined && { status: stale }) } }, this.now);
    for (const action of plan.actions) this.#apply(action);
    if (isDeepStrictEqual(stale?.canary, this.pool.status?.canary)) this.#setPool({ status: plan.status });
    return plan;
  }

  /** Alternates reconciles and steps of the builders until nothing changes. Returns the number of rounds. */
  settle(limit = 200): number {
    for (let round = 1; round <= limit; round += 1) {
      const before = this.pool.status?.canary;
      const plan = this.step();
      const hasMoved = this.advance();
      const isAnnounced = isDeepStrictEqual(before, this.pool.status?.canary);
      if (plan.actions.length === 0 && !hasMoved && isAnnounced) return round;
    }
    throw new Error(`not settled after ${limit} rounds: ${planPool(this.observe(), this.now).because}`);
  }

  /**
   * Removes terminating pods, moves every builder one phase further, and starts missing ordinals. Returns whether
   * anything changed.
   */
  advance(): boolean {
    const before = this.#state;
    this.#state = fill(advanceHosts(advanceBuilders(removeEndedPods(before), nextPhaseOf), nextPhaseOf));
    return this.#state !== before;
  }

  change(spec: SpecInput): void {
    const generation = (this.pool.metadata.generation ?? 0) + 1;
    this.#setPool({
      metadata: { ...this.pool.metadata, generation },
      spec: BuilderPool.parse({ ...this.pool, spec: { ...this.pool.spec, ...spec } }).spec,
    });
  }

  delete(): void {
    this.#deletedAt = this.now;
    this.#setPool({ metadata: { ...this.pool.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  }

  /** A process of the host registers: after `join`, a reboot or a reinstallation. Does nothing without a Builder. */
  startHost(name: string): void {
    const builder = this.builders.get(name);
    if (builder === undefined) return;
    this.#processes += 1;
    const { revision = "" } = builder.spec;
    const status = statusOfHost(name, { incarnation: `${name} run ${this.#processes}`, revision }, "Warming");
    this.#state = withBuilder(this.#state, { ...builder, status });
  }

  /** The process of a host that has joined writes its status, or the operator marks it. */
  setHost(name: string, phase: BuilderPhase, more: Partial<BuilderStatus> = {}): void {
    const builder = this.builders.get(name);
    if (builder?.status === undefined) return;
    const status = { ...statusOfHost(name, builder.status, phase), ...more };
    this.#state = withBuilder(this.#state, { ...builder, status });
  }

  /** A person deletes the Builder of a host. */
  forget(name: string): void {
    const builders = new Map(this.builders);
    builders.delete(name);
    this.#state = { ...this.#state, builders };
  }

  annotate(name: string, annotations: Record<string, string>): void {
    const builder = this.builder(name);
    this.#state = withBuilder(this.#state, { ...builder, metadata: { ...builder.metadata, annotations } });
  }

  restart(name: string): void {
    this.annotate(name, { [restartAnnotation]: this.builder(name).status?.incarnation ?? "none" });
  }

  /** The process of a pod exits: its ordinal starts again at the revision of the workload. */
  crash(ordinal: number): void {
    this.pods = this.pods.filter((pod) => pod.ordinal !== ordinal);
    this.#state = fill(this.#state);
  }

  /** The builder of the present pod writes its status. */
  setStatus(name: string, phase: BuilderPhase, more: Partial<BuilderStatus> = {}): void {
    const pod = this.pods.find((candidate) => candidate.name === name);
    if (pod === undefined) return;
    const status = { ...statusOfPod(pod, phase), ...more };
    this.#state = withBuilder(this.#state, { ...this.builder(name), status });
  }

  builder(name: string): Builder {
    const builder = this.builders.get(name);
    if (builder === undefined) throw new Error(`no builder ${name}`);
    return builder;
  }

  phases(): string[] {
    return this.members().map(({ name, phase }) => `${name} ${phase}`);
  }

  #apply(action: Action): void {
    this.done.push(action);
    const applied = applyAction(this.#state, action);
    this.#state = action.do === "applyWorkload" ? fill(applied) : applied;
  }

  #setPool(fields: Partial<BuilderPool>): void {
    this.#state = { ...this.#state, pool: { ...this.pool, ...fields } };
  }
}

function fill(state: SimulatedPool): SimulatedPool {
  return startMissingPods(terminateExcessPods(state));
}

function nextPhaseOf(phase: BuilderPhase, mustDrain: boolean): BuilderPhase {
  if (phase === "Quarantined") return phase;
  if (mustDrain) return phase === "Ready" ? "Draining" : "Drained";
  return phase === "Warming" || phase === "Ready" ? "Ready" : "Warming";
}
