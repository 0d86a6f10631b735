import { scoreOf } from "./affinity.ts";
import { ownerOf, ownerOfCommit, shardKeyOf } from "./modulo.ts";

/** The cached hashes of one builder. A choice among thousands of builds then computes almost no hash. */
export interface Preference {
  /** Whether a builder among `others` scores higher than this builder for the pull request. */
  isOutscored(check: string, number: number, others: ReadonlySet<string>): boolean;
  /** The rank of the owner of a commit among `size` builders. */
  ownerRank(check: string, commit: string, size: number): number;
}

/** A preference without an order among idle builders. That order delays a claim only by seconds. */
export const anyone: Preference = { isOutscored: () => false, ownerRank: ownerOfCommit };

/** A share of the pull requests that a person gave one builder: its index in a pool of this size. */
export interface PartitionOverride {
  readonly index: number;
  readonly size: number;
}

/**
 * The preference of a builder whose rank and pool size a person has replaced. Only the strategy Modulo asks for ranks,
 * so affinity ignores the override.
 */
export function withOverride(
  preference: Preference,
  override: PartitionOverride | undefined,
  rank: number,
): Preference {
  if (override === undefined) return preference;
  return {
    ...preference,
    ownerRank: (check, commit) => (ownerOfCommit(check, commit, override.size) === override.index ? rank : -2),
  };
}

/** Entries of a cache. A full cache is cleared, which also removes closed pull requests. */
const cacheSize = 50_000;

/**
 * Creates the cache of the builder `self`. It stores one rival, a builder with a higher score, for each pull request.
 * While this rival is among the others, the answer needs no hash. After it has left, the search for another rival takes
 * about ln(others) hashes. A builder that joins causes no search.
 */
export function createPreference(self: string): Preference {
  const rivals = new Map<string, string>();
  const shardKeys = new Map<string, bigint>();

  return {
    isOutscored(check, number, others) {
      const key = `${check}\0${number}`;
      const known = rivals.get(key);
      if (known !== undefined && others.has(known)) return true;
      const rival = findRival(self, check, number, others);
      if (rival === undefined) rivals.delete(key);
      else remember(rivals, key, rival);
      return rival !== undefined;
    },

    ownerRank(check, commit, size) {
      const key = `${check}\0${commit}`;
      const shardKey = shardKeys.get(key) ?? shardKeyOf(check, commit);
      remember(shardKeys, key, shardKey);
      return ownerOf(shardKey, size);
    },
  };
}

function findRival(self: string, check: string, number: number, others: ReadonlySet<string>): string | undefined {
  const own = scoreOf(self, check, number);
  for (const other of others) {
    if (other !== self && scoreOf(other, check, number) > own) return other;
  }
  return undefined;
}

function remember<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= cacheSize && !cache.has(key)) cache.clear();
  cache.set(key, value);
}
