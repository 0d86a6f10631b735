import { hash } from "node:crypto";

/**
 * The rank of the owner of a commit among `size` builders, exactly as ali-bot shards. The SHA-256 of the name and the
 * commit, read as one big-endian integer, is taken modulo the pool size. ali-bot hashes the name of the definition
 * file; builderpool hashes the name of the check. Throws RangeError if `size` is not a positive integer.
 */
export function ownerOfCommit(name: string, commit: string, size: number): number {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`expected a pool of at least one builder to share the builds of "${name}", found ${size}`);
  }
  return ownerOf(shardKeyOf(name, commit), size);
}

/** The integer that determines the owner. It does not depend on the pool size, so it may be cached. */
export function shardKeyOf(name: string, commit: string): bigint {
  return BigInt(`0x${hash("sha256", name + commit, "hex")}`);
}

/** The rank of the owner of a shard key among `size` builders. */
export function ownerOf(shardKey: bigint, size: number): number {
  return Number(shardKey % BigInt(size));
}
