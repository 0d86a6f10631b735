import type { Attempt, Mode } from "./attack.ts";
import { type Finding, type OpenPlace, trial } from "./trial.ts";

/** What each attack did to others, by its id. Attacks without effect are absent. */
export type Judged = ReadonlyMap<string, readonly string[]>;

/**
 * Tries the attacks together. Tries them again without an attack that ended the trial. If something happened that names
 * no attack, tries each half alone until one attack is left.
 */
export async function judge(attempts: readonly Attempt[], openPlace: OpenPlace, title: string): Promise<Judged> {
  const findings = await trial(attempts, openPlace, title);
  const end = findings.find(({ isEnd }) => isEnd);
  if (end?.attack !== undefined) {
    const others = attempts.filter(({ attack }) => attack.id !== end.attack);
    return new Map([...(others.length === 0 ? [] : await judge(others, openPlace, title)), ...gathered(findings)]);
  }
  const unnamed = findings.filter(({ attack }) => attack === undefined);
  const [only] = attempts;
  if (unnamed.length === 0 || only === undefined) return gathered(findings);
  if (attempts.length === 1) return gathered(findings.map(({ attack = only.attack.id, text }) => ({ attack, text })));
  const half = Math.ceil(attempts.length / 2);
  const first = await judge(attempts.slice(0, half), openPlace, title);
  const second = await judge(attempts.slice(half), openPlace, title);
  const named = gathered(findings.filter(({ attack }) => attack !== undefined));
  const judged = new Map([...named, ...first, ...second]);
  // Two attacks may need each other.
  if (first.size + second.size > 0) return judged;
  return new Map(attempts.map(({ attack }) => [attack.id, unnamed.map(({ text }) => `together with others: ${text}`)]));
}

function gathered(findings: readonly Finding[]): Judged {
  const byAttack = Map.groupBy(findings, ({ attack = "" }) => attack);
  return new Map([...byAttack].map(([attack, all]) => [attack, all.map(({ text }) => text)]));
}

/**
 * Attempts that may share one place, at most `most` in a group. An attack with a volume is alone, and in pods an attack
 * that ends its cell. An attack by two routes is in two groups: canaries name only the attack.
 */
export function groupsOf(attempts: readonly Attempt[], most: number, mode: Mode): readonly (readonly Attempt[])[] {
  const isAlone = ({ attack: { volume, endsCell = false } }: Attempt) =>
    volume !== undefined || (mode === "pods" && endsCell);
  const alone = attempts.filter(isAlone).map((attempt) => [attempt]);
  const shared = attempts.filter((attempt) => !isAlone(attempt));
  const again = shared.filter(({ attack }, at) => shared.findIndex((one) => one.attack.id === attack.id) < at);
  const first = shared.filter((attempt) => !again.includes(attempt));
  return [...evenly(first, most), ...evenly(again, most), ...alone];
}

function evenly(attempts: readonly Attempt[], most: number): readonly (readonly Attempt[])[] {
  const count = Math.ceil(attempts.length / most);
  const size = Math.ceil(attempts.length / Math.max(1, count));
  return Array.from({ length: count }, (_, n) => attempts.slice(n * size, (n + 1) * size));
}
