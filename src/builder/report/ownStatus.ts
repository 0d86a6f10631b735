import { isDeepStrictEqual } from "node:util";
import type { Builder, BuilderStatus } from "../../api/objects/builder.ts";
import { retryOnConflict } from "../../store/write.ts";
import { createWake } from "../../system/wake.ts";
import type { BuilderWorld } from "../world.ts";

export type StatusChange = { readonly [key in keyof BuilderStatus]?: BuilderStatus[key] | undefined };

/** What the builder says about itself: held here, brought to its Builder object, and kept true there. */
export interface OwnStatus {
  get(): BuilderStatus;
  /** Changes what is said; a field set to undefined is taken out. Written soon, details later, changes that come together in one write. */
  setStatus(change: StatusChange): void;
  /** The object changed: what it no longer says, such as a phase overwritten by Suspect, is written again. */
  observe(builder: Builder): void;
  /** Resolves once everything said so far is on the object, or `signal` aborts. */
  flush(signal: AbortSignal): Promise<void>;
  /** Keeps the object true until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Several changes of one moment make one write. */
const spacing = 300;
/** Every write is told to everybody who follows the builders: of what only people read the last word in so long is enough. */
const detailSpacing = 5_000;
const details: readonly string[] = ["step", "warmup", "message", "versions", "disk"] satisfies (keyof BuilderStatus)[];
const firstPause = 500;
const longestPause = 15_000;

export function createOwnStatus(world: BuilderWorld, initial: BuilderStatus): OwnStatus {
  const { clock, log, name, store } = world;
  const wake = createWake(clock);
  let said = initial;
  let isWritten = false;
  let isPressing = true;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let written = Promise.withResolvers<void>();

  async function write(): Promise<void> {
    const wanted = said;
    isPressing = false;
    await retryOnConflict(store, "Builder", name, (builder) => revise(builder, wanted), "status");
    writtenAt = clock.monotonic();
    if (said !== wanted) return;
    isWritten = true;
    written.resolve();
  }

  function change(next: BuilderStatus, presses: boolean): void {
    said = next;
    isPressing ||= presses;
    if (isWritten) written = Promise.withResolvers();
    isWritten = false;
    wake.ring();
  }

  return {
    get: () => said,
    setStatus(changes) {
      const next = merge(said, changes);
      if (!isDeepStrictEqual(next, said)) change(next, !isDetail(said, next));
    },
    observe(builder) {
      if (isWritten && !isDeepStrictEqual(builder.status, said)) change(said, true);
    },
    async flush(signal) {
      isPressing = true;
      wake.ring();
      const gaveUp = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => gaveUp.resolve(), { once: true });
      if (!signal.aborted) await Promise.race([written.promise, gaveUp.promise]);
    },
    async run(signal) {
      let pause = firstPause;
      while (!signal.aborted) {
        const wait = isWritten ? 2 ** 30 : isPressing ? 0 : writtenAt + detailSpacing - clock.monotonic();
        if (wait > 0) {
          await wake.sleep(wait, signal);
          continue;
        }
        try {
          await write();
          pause = firstPause;
          await clock.sleep(spacing, signal).catch(() => {});
        } catch (error) {
          isPressing = true;
          log.warn({ builder: name, error: String(error) }, "the builder's status could not be written");
          await clock.sleep(pause, signal).catch(() => {});
          pause = Math.min(pause * 2, longestPause);
        }
      }
    },
  };
}

function isDetail(before: BuilderStatus, after: BuilderStatus): boolean {
  return isDeepStrictEqual(withoutDetails(before), withoutDetails(after));
}

function withoutDetails(status: BuilderStatus): object {
  return Object.fromEntries(Object.entries(status).filter(([field]) => !details.includes(field)));
}

/** Nothing to write when the object says it already. */
function revise<B extends Builder>(builder: B, status: BuilderStatus): B | undefined {
  return isDeepStrictEqual(builder.status, status) ? undefined : { ...builder, status };
}

function merge(status: BuilderStatus, change: StatusChange): BuilderStatus {
  const entries = Object.entries({ ...status, ...change }).filter(([, value]) => value !== undefined);
  return { phase: status.phase, incarnation: status.incarnation, ...Object.fromEntries(entries) };
}
