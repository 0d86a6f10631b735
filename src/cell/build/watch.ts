const signs = { diskFull: /No space left on device|Disk quota exceeded/, killed: /Killed signal terminated program/ };
/** More than the longest sign, so that one cut in two by a chunk is still seen. */
const overlap = 64;

/** Looks at passing output for the signs of a machine in trouble. */
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
