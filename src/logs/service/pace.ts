/** The slowest accepted upload. */
export interface Pace {
  /** Milliseconds before the rate counts. */
  readonly grace: number;
  readonly bytesPerSecond: number;
}

/** An upload that is too slow. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/** Passes on the bytes of an upload. Throws TooSlow as soon as the average rate falls below the pace. */
export async function* atPace(
  body: ReadableStream<Uint8Array>,
  { grace, bytesPerSecond }: Pace,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const begin = performance.now();
  let received = 0;
  try {
    for (;;) {
      const left = begin + grace + (received / bytesPerSecond) * 1000 - performance.now();
      const { done, value } = await within(left, reader.read());
      if (done) return;
      received += value.length;
      yield value;
    }
  } finally {
    // Without this, the rest of a refused upload would stay in memory.
    await reader.cancel().catch(() => {});
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow("the upload is too slow")), Math.max(0, ms));
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
