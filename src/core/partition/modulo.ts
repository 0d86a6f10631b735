import { hash } from "node:crypto";

/**
 * Which of `size` builders owns a commit of a check, exactly as ali-bot shards: the SHA-256 of the name followed by the
 * commit, read as one big-endian integer, modulo the pool size. ali-bot's name is that of the definition file; ours is the
 * check's. Throws RangeError when there is nobody to own anything.
 */
export function ownerOfCommit(name: string, commit: string, size: number): number {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`expected a pool of at least one builder to share the builds of "${name}", found ${size}`);
  }
  return ownerOf(shardKeyOf(name, commit), size);
}

/** The integer whose remainder names the owner; it does not depend on the size of the pool. */
export function shardKeyOf(name: string, commit: string): bigint {
  return BigInt(`0x${hash("sha256", name + commit, "hex")}`);
}

export function ownerOf(share: bigint, size: number): number {
  return Number(share % BigInt(size));
}
