import { randomUUID } from "node:crypto";
import type { BuilderPool } from "../../api/objects/pool.ts";
import { type Pod, podName } from "../../core/pool/builder/pod.ts";
import type { LocalWorld, RunningBuilder } from "./world.ts";

/**
 * A killed builder that has not ended after this time counts as ended. The time is long enough to kill its cell for
 * certain: afterwards other builders may claim its build.
 */
const killTimeoutMs = 60_000;

/** One builder from its start to its end. A restart creates another instance. */
export class Instance {
  readonly uid = randomUUID();
  readonly ordinal: number;
  /** Resolves when the builder has ended. */
  readonly gone: Promise<void>;
  hasEnded = false;
  isStopped = false;
  readonly #pod: Pick<Pod, "name" | "pool" | "ordinal" | "revision">;
  readonly #world: LocalWorld;
  readonly #startedAt: number;
  readonly #over = new AbortController();
  readonly #settle: () => void;
  #running: RunningBuilder | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  #timer = new AbortController();

  constructor(pod: Pick<Pod, "pool" | "ordinal" | "revision">, world: LocalWorld) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ordinal = pod.ordinal;
    this.gone = promise;
    this.#settle = resolve;
    this.#pod = { ...pod, name: podName(pod.pool, pod.ordinal) };
    this.#world = world;
    this.#startedAt = world.clock.monotonic();
  }

  pod(): Pod {
    return { ...this.#pod, uid: this.uid, terminating: this.isStopped, ended: this.hasEnded };
  }

  /** Returns the milliseconds since the start. */
  age(): number {
    return this.#world.clock.monotonic() - this.#startedAt;
  }

  start(template: BuilderPool): void {
    const { name: builder, revision } = this.#pod;
    try {
      this.#running = this.#world.start(this.pod(), template);
      this.#world.log.info({ builder, uid: this.uid, revision }, "builder started");
      this.#running.ended.then(
        () => this.#end(),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Drains the builder and kills it after `graceMs`. A further call can only shorten the time. */
  stop(graceMs: number): void {
    const killAt = this.#world.clock.monotonic() + graceMs;
    if (this.hasEnded || killAt >= this.#killAt) return;
    if (!this.isStopped) this.#running?.stop();
    this.isStopped = true;
    this.#killAt = killAt;
    this.#timer.abort();
    this.#timer = new AbortController();
    void this.#killAfter(graceMs, AbortSignal.any([this.#over.signal, this.#timer.signal]));
  }

  async #killAfter(graceMs: number, off: AbortSignal): Promise<void> {
    const { clock, log } = this.#world;
    await clock.sleep(graceMs, off).catch(() => {});
    if (off.aborted) return;
    log.warn({ builder: this.#pod.name, graceMs }, "builder did not drain in time and is killed");
    this.#killAt = Number.NEGATIVE_INFINITY;
    this.#running?.kill();
    await clock.sleep(killTimeoutMs, off).catch(() => {});
    if (!off.aborted) this.#end();
  }

  #fail(error: unknown): void {
    this.#world.log.error({ builder: this.#pod.name, error: String(error) }, "builder failed and has ended");
    this.#end();
  }

  #end(): void {
    this.hasEnded = true;
    this.#over.abort();
    this.#settle();
  }
}
