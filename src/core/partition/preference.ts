import { scoreOf } from "./affinity.ts";
import { ownerOf, shardKeyOf } from "./modulo.ts";

/** What one builder remembers of the hashes it computed, so that choosing among thousands of builds hashes almost nothing. */
export interface Preference {
  /** Whether somebody among `others` scores higher than this builder for that pull request of that check. */
  isOutscored(check: string, number: number, others: ReadonlySet<string>): boolean;
  /** The rank that owns that commit of that check among `size` members. */
  ownerRank(check: string, commit: string, size: number): number;
}

/** Pull requests come and go; past this many the memory starts afresh. */
const remembered = 50_000;

/**
 * For each pull request one rival is remembered: a builder known to score higher. While that one is still among the others
 * the answer costs no hash; when it has left, the search for another takes about ln(others) hashes. A builder that joins
 * costs nothing until it matters.
 */
export function createPreference(self: string): Preference {
  const rivals = new Map<string, string>();
  const shares = new Map<string, bigint>();

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
      const share = shares.get(key) ?? shardKeyOf(check, commit);
      remember(shares, key, share);
      return ownerOf(share, size);
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

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  if (memory.size >= remembered && !memory.has(key)) memory.clear();
  memory.set(key, value);
}
