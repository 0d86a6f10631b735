import { hash } from "node:crypto";

/** The first 8 bytes of a hash as hexadecimal digits. Scores therefore compare as text like numbers. */
export type Score = string;

/** The affinity of a builder to a pull request of a check. The member with the highest score wins. */
export function scoreOf(builder: string, check: string, number: number): Score {
  return hash("sha256", `${builder}\0${check}\0${number}`, "hex").slice(0, 16);
}

/**
 * The member with the highest score (rendezvous hashing); undefined without members. A member that leaves or joins
 * moves only the pull requests that it wins.
 */
export function rendezvousWinner(check: string, number: number, members: Iterable<string>): string | undefined {
  let winner: string | undefined;
  let highest: Score = "";
  for (const member of members) {
    const own = scoreOf(member, check, number);
    if (own > highest || (own === highest && winner !== undefined && member < winner)) {
      winner = member;
      highest = own;
    }
  }
  return winner;
}
