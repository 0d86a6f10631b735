/** The first bytes of a stream, up to a limit. */
export class Capture {
  readonly #chunks: Uint8Array[] = [];
  #space: number;

  constructor(limit: number) {
    this.#space = limit;
  }

  /** Keeps the chunk as far as the limit allows. */
  write(chunk: Uint8Array): void {
    if (this.#space <= 0) return;
    this.#chunks.push(chunk.subarray(0, this.#space));
    this.#space -= chunk.length;
  }

  /** The kept bytes as UTF-8 text. */
  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}

/** The last bytes of a stream, up to a limit. */
export class Tail {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Keeps the chunk as far as the limit allows. */
  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk.subarray(Math.max(0, chunk.length - this.#limit)));
    this.#size += Math.min(chunk.length, this.#limit);
    while (this.#size - (this.#chunks[0]?.length ?? 0) >= this.#limit) this.#size -= this.#chunks.shift()?.length ?? 0;
  }

  /** The kept bytes as UTF-8 text. */
  text(): string {
    const all = Buffer.concat(this.#chunks);
    return all.subarray(Math.max(0, all.length - this.#limit)).toString("utf8");
  }
}
