import { isDeepStrictEqual } from "node:util";
import type { Builder, BuilderStatus } from "../api/builder.ts";
import { retryOnConflict } from "../store/write.ts";
import { createWake } from "./wake.ts";
import type { BuilderWorld } from "./world.ts";

export type StatusChange = { readonly [key in keyof BuilderStatus]?: BuilderStatus[key] | undefined };

/** What the builder says about itself: held here, brought to its Builder object, and kept true there. */
export interface OwnStatus {
  get(): BuilderStatus;
  /** Changes what is said; a field set to undefined is taken out. Written soon, changes that come together in one write. */
  say(change: StatusChange): void;
  /** The object changed: what it no longer says, such as a phase overwritten by Suspect, is written again. */
  look(builder: Builder): void;
  /** Resolves once everything said so far is on the object, or `signal` aborts. */
  flush(signal: AbortSignal): Promise<void>;
  /** Keeps the object true until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Steps follow each other within milliseconds on a warm tree; nobody can read them that fast. */
const spacing = 300;
const firstPause = 500;
const longestPause = 15_000;

export function ownStatus(world: BuilderWorld, initial: BuilderStatus): OwnStatus {
  const { clock, log, name, store } = world;
  const wake = createWake(clock);
  let said = initial;
  let isWritten = false;
  let written = Promise.withResolvers<void>();

  async function write(): Promise<void> {
    const wanted = said;
    await retryOnConflict(store, "Builder", name, (builder) => revise(builder, wanted), "status");
    if (said !== wanted) return;
    isWritten = true;
    written.resolve();
  }

  function change(next: BuilderStatus): void {
    said = next;
    if (isWritten) written = Promise.withResolvers();
    isWritten = false;
    wake.ring();
  }

  return {
    get: () => said,
    say(changes) {
      const next = merge(said, changes);
      if (!isDeepStrictEqual(next, said)) change(next);
    },
    look(builder) {
      if (isWritten && !isDeepStrictEqual(builder.status, said)) change(said);
    },
    async flush(signal) {
      wake.ring();
      const gaveUp = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => gaveUp.resolve(), { once: true });
      if (!signal.aborted) await Promise.race([written.promise, gaveUp.promise]);
    },
    async run(signal) {
      let pause = firstPause;
      while (!signal.aborted) {
        if (isWritten) await wake.sleep(2 ** 30, signal);
        try {
          if (!signal.aborted && !isWritten) await write();
          pause = firstPause;
          await clock.sleep(spacing, signal).catch(() => {});
        } catch (error) {
          log.warn({ builder: name, error: String(error) }, "the builder's status could not be written");
          await clock.sleep(pause, signal).catch(() => {});
          pause = Math.min(pause * 2, longestPause);
        }
      }
    },
  };
}

/** Nothing to write when the object says it already. */
function revise<B extends Builder>(builder: B, status: BuilderStatus): B | undefined {
  return isDeepStrictEqual(builder.status, status) ? undefined : { ...builder, status };
}

function merge(status: BuilderStatus, change: StatusChange): BuilderStatus {
  const entries = Object.entries({ ...status, ...change }).filter(([, value]) => value !== undefined);
  return { phase: status.phase, incarnation: status.incarnation, ...Object.fromEntries(entries) };
}
