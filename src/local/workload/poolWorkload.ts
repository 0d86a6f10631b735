import type { BuilderPool } from "../../api/objects/pool.ts";
import { backoffDelay } from "../../api/values/backoff.ts";
import { milliseconds } from "../../api/values/duration.ts";
import { podName } from "../../core/pool/builder/pod.ts";
import type { Workload } from "../../core/pool/observed.ts";
import { revisionOf } from "../../core/pool/rollout/revision.ts";
import type { ObservedWorkload } from "../../operator/pools/workloads.ts";
import { Instance } from "./instance.ts";
import type { LocalWorld } from "./world.ts";

const backoff = { firstMs: 1_000, maxMs: 60_000 };
/** A builder that ran this long did not crash at its start: its next pause is the shortest again. */
const stableAfterMs = 10 * 60_000;
/** Number of pool revisions kept for a rollback. */
const keptRevisions = 10;

/** The instances of one pool. `changed` is called after every change of the pods. */
export class PoolWorkload {
  readonly #name: string;
  readonly #world: LocalWorld;
  readonly #changed: () => void;
  readonly #templates = new Map<string, BuilderPool>();
  readonly #instances = new Map<number, Instance>();
  readonly #crashes = new Map<number, number>();
  readonly #closing = new AbortController();
  #wanted: { readonly pool: BuilderPool; readonly workload: Workload } | undefined;

  constructor(name: string, world: LocalWorld, changed: () => void) {
    this.#name = name;
    this.#world = world;
    this.#changed = changed;
  }

  observe(): ObservedWorkload {
    const pods = [...this.#instances.values()].map((instance) => instance.pod()).sort((a, b) => a.ordinal - b.ordinal);
    return { ...(this.#wanted !== undefined && { workload: this.#wanted.workload }), pods };
  }

  apply(pool: BuilderPool, replicas: number, revision: string): void {
    this.#remember(pool);
    this.#wanted = { pool: this.#templates.get(revision) ?? pool, workload: { replicas, revision } };
    const grace = milliseconds(pool.spec.update.drainTimeout);
    const surplus = [...this.#instances.values()].filter(({ ordinal }) => ordinal >= replicas);
    for (const instance of surplus.sort((a, b) => b.ordinal - a.ordinal)) this.#end(instance, grace);
    this.#fill();
    this.#changed();
  }

  delete(name: string, uid: string, graceMs: number): void {
    const instance = [...this.#instances.values()].find((candidate) => candidate.uid === uid);
    if (instance === undefined || podName(this.#name, instance.ordinal) !== name) return;
    this.#crashes.delete(instance.ordinal);
    this.#end(instance, graceMs);
    this.#fill();
    this.#changed();
  }

  async close(drainMs: number): Promise<void> {
    this.#closing.abort();
    for (const instance of this.#instances.values()) instance.stop(drainMs);
    await Promise.all([...this.#instances.values()].map((instance) => instance.gone));
  }

  #remember(pool: BuilderPool): void {
    // A pool of an earlier version has a revision with the fields of pods.
    for (const revision of [revisionOf(pool.spec), revisionOf(pool.spec, undefined, true)]) {
      this.#templates.delete(revision);
      this.#templates.set(revision, pool);
    }
    const [oldest] = this.#templates.keys();
    if (this.#templates.size > 2 * keptRevisions && oldest !== undefined) this.#templates.delete(oldest);
  }

  /** Removes an instance that has ended, and drains a running one. */
  #end(instance: Instance, graceMs: number): void {
    if (instance.hasEnded) this.#instances.delete(instance.ordinal);
    else instance.stop(graceMs);
  }

  #fill(): void {
    if (this.#wanted === undefined || this.#closing.signal.aborted) return;
    for (let ordinal = 0; ordinal < this.#wanted.workload.replicas; ordinal += 1) {
      if (!this.#instances.has(ordinal)) this.#launch(ordinal, this.#wanted.workload.revision, this.#wanted.pool);
    }
  }

  #launch(ordinal: number, revision: string, template: BuilderPool): void {
    const instance = new Instance({ pool: this.#name, ordinal, revision }, this.#world);
    this.#instances.set(ordinal, instance);
    instance.start(template);
    void instance.gone.then(() => this.#afterEnd(instance));
  }

  async #afterEnd(instance: Instance): Promise<void> {
    const { ordinal } = instance;
    if (this.#instances.get(ordinal) !== instance) return;
    this.#changed();
    if (!instance.isStopped) await this.#pause(instance);
    if (this.#instances.get(ordinal) !== instance) return;
    this.#instances.delete(ordinal);
    this.#fill();
    this.#changed();
  }

  async #pause(instance: Instance): Promise<void> {
    const { clock, log } = this.#world;
    const before = instance.age() >= stableAfterMs ? 0 : (this.#crashes.get(instance.ordinal) ?? 0);
    this.#crashes.set(instance.ordinal, before + 1);
    const pauseMs = backoffDelay(backoff, before + 1);
    const builder = podName(this.#name, instance.ordinal);
    log.warn({ builder, pauseMs }, "builder exited unexpectedly and restarts after a pause");
    await clock.sleep(pauseMs, this.#closing.signal).catch(() => {});
  }
}
