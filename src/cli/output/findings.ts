import type { Finding } from "../../core/machine/finding.ts";
import { printable } from "./printable.ts";

/** The lines of one finding: its level, its subject, its message, and the next step. */
export function findingLines({ level, about, message, todo }: Finding): readonly string[] {
  const line = `${level.padEnd(4)}  ${about.padEnd(9)}  ${printable(message)}`;
  return todo === undefined ? [line] : [line, `${" ".repeat(17)}→ ${printable(todo)}`];
}
