import type { Clock } from "../../system/clock.ts";

const shortest = 1_000;
const longest = 60_000;
/** More than the longest line that begins a package, so that one cut in two by a chunk is still seen. */
const overlap = 400;

/** Tells, from aliBuild's passing output, which package is being built: when it changes, and once a minute while anything is printed at all. */
export class Progress {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #tell: (message: string) => Promise<void>;
  #toldAt = Number.NEGATIVE_INFINITY;
  #package = "";
  #told = "";
  #end = "";

  constructor(clock: Pick<Clock, "monotonic">, tell: (message: string) => Promise<void>) {
    this.#clock = clock;
    this.#tell = tell;
  }

  async write(chunk: Uint8Array): Promise<void> {
    const text = this.#end + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    const starts = [...text.matchAll(/: aliBuild: start building (?<name>[\w.+-]{1,100}) at /g)];
    this.#package = starts.at(-1)?.groups?.["name"] ?? this.#package;
    this.#end = text.slice(-overlap);
    const age = this.#clock.monotonic() - this.#toldAt;
    if (this.#package === "" || age < (this.#package === this.#told ? longest : shortest)) return;
    this.#toldAt = this.#clock.monotonic();
    this.#told = this.#package;
    await this.#tell(`building ${this.#package}`);
  }
}
