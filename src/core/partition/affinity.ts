import { hash } from "node:crypto";

/** First 8 bytes, as hexadecimal digits, so that scores compare as text the way they would as numbers. */
export type Score = string;

/** How strongly a builder is drawn to a pull request of a check; the highest score of the members wins. */
export function scoreOf(builder: string, check: string, number: number): Score {
  return hash("sha256", `${builder}\0${check}\0${number}`, "hex").slice(0, 16);
}

/**
 * The member with the highest score (rendezvous hashing), undefined without members. A member that leaves gives away only
 * what it won, one that joins takes only what it wins.
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
