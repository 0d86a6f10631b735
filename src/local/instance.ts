import { randomUUID } from "node:crypto";
import type { BuilderPool } from "../api/pool.ts";
import { type Pod, podName } from "../core/pool/pod.ts";
import type { LocalWorld, RunningBuilder } from "./workloads.ts";

/** A killed builder that does not end within this time is given up on: it runs in this process and can do no more. */
const killTakes = 10_000;

/** One builder from its start to its end; a restart is another instance. */
export class Instance {
  readonly uid = randomUUID();
  readonly ordinal: number;
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
  hasEnded = false;
  isStopped = false;
  readonly #pod: Pick<Pod, "name" | "pool" | "ordinal" | "revision">;
  readonly #world: LocalWorld;
  readonly #startedAt: number;
  readonly #over = new AbortController();
  readonly #settle: () => void;
  #running: RunningBuilder | undefined;
  #killIn: number | undefined;

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

  /** Milliseconds since its start. */
  age(): number {
    return this.#world.clock.monotonic() - this.#startedAt;
  }

  start(template: BuilderPool): void {
    const { name } = this.#pod;
    try {
      this.#running = this.#world.start(this.pod(), template);
      this.#running.ended.then(
        () => this.#end(),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
    this.#world.log.info({ builder: name, uid: this.uid, revision: this.#pod.revision }, "started a builder");
  }

  /** Drains; kills after `graceMs`. A second call can only shorten the time. */
  stop(graceMs: number): void {
    if (this.hasEnded) return;
    const isFirst = !this.isStopped;
    this.isStopped = true;
    if (isFirst) this.#running?.stop();
    if (this.#killIn !== undefined && this.#killIn <= graceMs) return;
    this.#killIn = graceMs;
    void this.#killAfter(graceMs);
  }

  async #killAfter(graceMs: number): Promise<void> {
    const { clock, log } = this.#world;
    const isOver = () => this.#over.signal.aborted;
    await clock.sleep(graceMs, this.#over.signal).catch(() => {});
    if (isOver()) return;
    log.warn({ builder: this.#pod.name, graceMs }, "a builder did not drain in time and is killed");
    this.#running?.kill();
    await clock.sleep(killTakes, this.#over.signal).catch(() => {});
    if (!isOver()) this.#end();
  }

  #fail(error: unknown): void {
    this.#world.log.error({ builder: this.#pod.name, error: String(error) }, "a builder failed");
    this.#end();
  }

  #end(): void {
    this.hasEnded = true;
    this.#over.abort();
    this.#settle();
  }
}
