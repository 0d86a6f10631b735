import { type Bell, createBell } from "../bell.ts";

/** How often other processes' writes are looked for while somebody watches; a look costs microseconds. */
const foreignPollMs = 100;

/** Wakes one watcher. */
export interface ChangeSignal {
  /** Resolves at the next ring, at once when one came since the last wait, and when the signal aborts or the bells are closed. */
  wait(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface ChangeSignals {
  open(): ChangeSignal;
  /** Wakes every watcher. */
  ring(): void;
  readonly isClosed: boolean;
  /** Wakes every watcher for the last time. */
  close(): void;
}

/** Bells that ring for the writes of this process, and, while one hangs, for those that `version` shows others to have made. */
export function createChangeSignals(version: () => number): ChangeSignals {
  const openSignals = new Set<Bell>();
  let timer: NodeJS.Timeout | undefined;
  let known = 0;
  let isClosed = false;

  function ring(): void {
    for (const bell of openSignals) bell.ring();
  }

  function poll(): void {
    try {
      const found = version();
      if (found !== known) ring();
      known = found;
    } catch {
      ring(); // the watchers' own reads meet the same failure, and report it
    }
  }

  function open(): ChangeSignal {
    const bell = createBell();
    openSignals.add(bell);
    timer ??= setInterval(poll, foreignPollMs); // a watch keeps the process alive, as a connection would
    return {
      async wait(signal) {
        if (!isClosed) await bell.wait(signal);
      },
      close() {
        openSignals.delete(bell);
        if (openSignals.size === 0) stop();
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
