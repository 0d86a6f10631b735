import type { Clock } from "../../system/clock.ts";

/** Minimum and maximum interval of reports, in milliseconds. */
const [minInterval, maxInterval] = [1_000, 60_000];
/** Characters kept from the previous chunk, more than the longest line that begins a package. */
const overlap = 400;

/**
 * Reports the package that aliBuild builds, from its output: at each change, and once a minute while output arrives.
 */
export class Progress {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #report: (message: string) => Promise<void>;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #package = "";
  #reported = "";
  #end = "";

  constructor(clock: Pick<Clock, "monotonic">, report: (message: string) => Promise<void>) {
    this.#clock = clock;
    this.#report = report;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const text = this.#end + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const starts = [...text.matchAll(/: aliBuild: start building (?<name>[\w.+-]{1,100}) at /g)];
    this.#package = starts.at(-1)?.groups?.["name"] ?? this.#package;
    this.#end = text.slice(-overlap);
    const age = this.#clock.monotonic() - this.#reportedAt;
    if (this.#package === "" || age < (this.#package === this.#reported ? maxInterval : minInterval)) return;
    this.#reportedAt = this.#clock.monotonic();
    this.#reported = this.#package;
    await this.#report(`building ${this.#package}`);
  }
}
