import { createWake, type Wake } from "../../system/wake.ts";

/** Interval of the check for writes of other processes while a watcher is open. One check takes microseconds. */
const foreignPollMs = 100;

/** Wakes one watcher. */
export interface ChangeSignal {
  /** Resolves at the next write, or when the signal aborts or all signals are closed. A write since the last wait counts. */
  wait(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Wakes the watchers of one store. */
export interface ChangeSignals {
  open(): ChangeSignal;
  /** Wakes every watcher. */
  ring(): void;
  readonly isClosed: boolean;
  /** Wakes every watcher for the last time. */
  close(): void;
}

/** Creates signals for writes of this process and of others. `version` returns a number that a write of another process changes. */
export function createChangeSignals(version: () => number): ChangeSignals {
  const wakes = new Set<Wake>();
  let timer: NodeJS.Timeout | undefined;
  let lastVersion = 0;
  let isClosed = false;

  function ring(): void {
    for (const wake of wakes) wake.ring();
  }

  function poll(): void {
    try {
      const current = version();
      if (current !== lastVersion) ring();
      lastVersion = current;
    } catch {
      ring(); // the reads of the watchers meet the same failure and report it
    }
  }

  function open(): ChangeSignal {
    const wake = createWake();
    wakes.add(wake);
    timer ??= setInterval(poll, foreignPollMs); // a watch keeps the process alive, as a connection does
    return {
      async wait(signal) {
        if (!isClosed) await wake.wait(signal);
      },
      close() {
        wakes.delete(wake);
        if (wakes.size === 0) stop();
      },
    };
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    open,
    ring,
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      stop();
      ring();
    },
  };
}
