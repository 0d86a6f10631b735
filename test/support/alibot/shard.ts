import { createHash } from "node:crypto";

/** ali-bot's shard of a commit, by long division of the hexadecimal hash. No number exceeds 16 times the pool size. */
export function formerOwner(name: string, commit: string, size: number): number {
  const digits = createHash("sha256").update(name).update(commit).digest("hex");
  return [...digits].reduce((rest, digit) => (rest * 16 + Number.parseInt(digit, 16)) % size, 0);
}
