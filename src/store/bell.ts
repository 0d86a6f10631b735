/** Wakes one who waits; a ring that comes while he is busy is heard at his next wait. */
export interface Bell {
  readonly ring: () => void;
  /** Resolves at the next ring, at once when one came since the last wait, and when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let hasRung = false;
  let wake = () => {};
  return {
    ring: () => {
      hasRung = true;
      wake();
    },
    async wait(signal) {
      if (!hasRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        signal.addEventListener("abort", wake, { once: true });
        await promise;
        signal.removeEventListener("abort", wake);
      }
      hasRung = false;
    },
  };
}
