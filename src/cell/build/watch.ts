const signs = { diskFull: /No space left on device|Disk quota exceeded/, killed: /Killed signal terminated program/ };
/** Characters kept from the previous chunk, more than the longest sign. */
const overlap = 64;

/** Searches output, chunk by chunk, for signs of a full disk or a killed compiler. */
export class Watch {
  diskFull = false;
  killed = false;
  #end = "";

  write(chunk: Uint8Array): void {
    if (this.diskFull && this.killed) return;
    const text = this.#end + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    this.diskFull ||= signs.diskFull.test(text);
    this.killed ||= signs.killed.test(text);
    this.#end = text.slice(-overlap);
  }
}
