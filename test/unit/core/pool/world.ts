import type { Builder, BuilderPhase, BuilderStatus } from "../../../../src/api/objects/builder.ts";
import { apiVersion, restartAnnotation } from "../../../../src/api/objects/group.ts";
import { BuilderPool, type BuilderPoolSpec } from "../../../../src/api/objects/pool.ts";
import type { Action, PoolPlan } from "../../../../src/core/pool/action.ts";
import { type Member, membersOf } from "../../../../src/core/pool/builder/member.ts";
import { type Pod, podName } from "../../../../src/core/pool/builder/pod.ts";
import { agesOf, type BuilderTimers, observeTimers } from "../../../../src/core/pool/builder/timers.ts";
import type { ListingState, ObservedPool, Workload, WorkloadEnvironment } from "../../../../src/core/pool/observed.ts";
import { planPool } from "../../../../src/core/pool/plan.ts";

type SpecInput = Partial<Record<keyof BuilderPoolSpec, unknown>>;

/** A pool with the defaults a person gets, and what the test changes. */
export function aPool(spec: SpecInput = {}): BuilderPool {
  return BuilderPool.parse({
    apiVersion,
    kind: "BuilderPool",
    metadata: { name: "o2", uid: "pool", generation: 1 },
    spec: { package: "O2", repository: "AliceO2Group/AliceO2", image: "builder:1", ...spec },
  });
}

/** A pool, what plays StatefulSet and builders that obey, in memory, with a clock that only the test moves. */
export class World {
  pool: BuilderPool;
  pods: Pod[] = [];
  builders = new Map<string, Builder>();
  workload: Workload | undefined;
  listings: ListingState[] = [];
  refused: string | undefined;
  unsettled = 0;
  environment: WorkloadEnvironment = {};
  now = 0;
  /** Everything the plans did, in order. */
  readonly done: Action[] = [];
  #timers: BuilderTimers = new Map();
  #deletedAt: number | undefined;
  #uids = 0;

  constructor(spec: SpecInput = {}) {
    this.pool = aPool(spec);
  }

  members(): readonly Member[] {
    const at = (members: readonly Member[]) => {
      this.#timers = observeTimers(this.#timers, members, this.now);
      return this.#timers;
    };
    const builders = [...this.builders.values()];
    const timers = at(membersOf("o2", this.pods, builders));
    return membersOf("o2", this.pods, builders, (name) => agesOf(timers, name, this.now));
  }

  observe(): ObservedPool {
    return {
      pool: this.pool,
      members: this.members(),
      ...(this.workload !== undefined && { workload: this.workload }),
      waiting: { queued: 0 },
      environment: this.environment,
      listings: this.listings,
      ...(this.refused !== undefined && { refused: this.refused }),
      definitions: { broken: [], conflicts: [] },
      unsettled: this.unsettled,
      deletingFor: this.#deletedAt === undefined ? 0 : this.now - this.#deletedAt,
    };
  }

  /** One reconcile. */
  step(): PoolPlan {
    const plan = planPool(this.observe(), this.now);
    for (const action of plan.actions) this.#apply(action);
    this.pool = { ...this.pool, status: plan.status };
    return plan;
  }

  /** Reconciles and lets every builder do what it is asked, until nothing more happens; returns the number of rounds. */
  settle(limit = 200): number {
    for (let round = 1; round <= limit; round += 1) {
      const plan = this.step();
      const moved = this.obey();
      if (plan.actions.length === 0 && !moved) return round;
    }
    throw new Error(`not settled after ${limit} rounds: ${planPool(this.observe(), this.now).because}`);
  }

  /** Every builder takes its next step: pods that end go, missing ordinals start, cold ones get warm, draining ones finish. */
  obey(): boolean {
    let moved = false;
    for (const pod of [...this.pods]) moved = this.#move(pod) || moved;
    return this.#fill() || moved;
  }

  change(spec: SpecInput): void {
    const generation = (this.pool.metadata.generation ?? 0) + 1;
    this.pool = {
      ...this.pool,
      metadata: { ...this.pool.metadata, generation },
      spec: BuilderPool.parse({ ...this.pool, spec: { ...this.pool.spec, ...spec } }).spec,
    };
  }

  delete(): void {
    this.#deletedAt = this.now;
    this.pool = {
      ...this.pool,
      metadata: { ...this.pool.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
    };
  }

  annotate(name: string, annotations: Record<string, string>): void {
    this.#edit(name, (builder) => ({ ...builder, metadata: { ...builder.metadata, annotations } }));
  }

  restart(name: string): void {
    this.annotate(name, { [restartAnnotation]: this.builder(name).status?.incarnation ?? "none" });
  }

  /** The process of a pod ends by itself: its ordinal starts again at the revision of the workload. */
  crash(ordinal: number): void {
    this.pods = this.pods.filter((pod) => pod.ordinal !== ordinal);
    this.#fill();
  }

  /** What a builder says of itself; the pod it speaks for is the one that runs. */
  say(name: string, phase: BuilderPhase, more: Partial<BuilderStatus> = {}): void {
    const pod = this.pods.find((candidate) => candidate.name === name);
    if (pod === undefined) return;
    const { uid, revision } = pod;
    const incarnation = `run-${uid}`;
    const warm = { incarnation, revision, at: "2026-01-01T00:00:00Z" };
    const status = { phase, incarnation, revision, podUid: uid, ...(phase === "Ready" && { warm }), ...more };
    this.#edit(name, (builder) => ({ ...builder, status }));
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
    switch (action.do) {
      case "addFinalizer":
        this.pool = {
          ...this.pool,
          metadata: { ...this.pool.metadata, finalizers: ["ci.alice.cern.ch/drain"] },
        };
        return;
      case "removeFinalizer":
        this.pool = { ...this.pool, metadata: { ...this.pool.metadata, finalizers: [] } };
        return;
      case "applyBuilder": {
        const before = this.builders.get(action.name);
        const metadata = before?.metadata ?? { name: action.name };
        const status = before?.status;
        const builder: Builder = { apiVersion, kind: "Builder", metadata, spec: action.spec };
        this.builders.set(action.name, status === undefined ? builder : { ...builder, status });
        return;
      }
      case "applyWorkload":
        this.workload = { replicas: action.replicas, revision: action.revision };
        this.#fill();
        return;
      case "deletePod":
        this.pods = this.pods.map((pod) => (pod.uid === action.uid ? { ...pod, terminating: true } : pod));
        return;
      case "deleteBuilder":
        this.builders.delete(action.name);
        return;
    }
    action satisfies never;
  }

  #fill(): boolean {
    const { replicas, revision } = this.workload ?? { replicas: 0, revision: "" };
    const before = this.pods.length;
    this.pods = this.pods.map((pod) => (pod.ordinal >= replicas ? { ...pod, terminating: true } : pod));
    for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
      if (this.pods.some((pod) => pod.ordinal === ordinal)) continue;
      this.#uids += 1;
      const instance = { uid: `uid-${this.#uids}`, revision, terminating: false, ended: false };
      this.pods.push({ name: podName("o2", ordinal), pool: "o2", ordinal, ...instance });
    }
    return this.pods.length !== before;
  }

  #move(pod: Pod): boolean {
    if (pod.terminating) {
      this.pods = this.pods.filter(({ uid }) => uid !== pod.uid);
      return true;
    }
    const builder = this.builders.get(pod.name);
    if (builder === undefined) return false;
    const phase = builder.status?.podUid === pod.uid ? builder.status.phase : "Pending";
    const next = nextPhase(phase, builder.spec.desired === "Drain");
    if (next !== phase) this.say(pod.name, next);
    return next !== phase;
  }

  #edit(name: string, edit: (builder: Builder) => Builder): void {
    this.builders.set(name, edit(this.builder(name)));
  }
}

function nextPhase(phase: BuilderPhase, drains: boolean): BuilderPhase {
  if (phase === "Quarantined") return phase;
  if (drains) return phase === "Ready" ? "Draining" : "Drained";
  return phase === "Warming" || phase === "Ready" ? "Ready" : "Warming";
}
