import { type Assignment, parseShell } from "./shell.ts";

/** A value and the line that set it last. */
export interface Setting {
  readonly value: string;
  readonly file: string;
  readonly line: number;
}
/** Variables and their values. */
export type Settings = ReadonlyMap<string, Setting>;

/** Result of reading one file. */
export interface Evaluated {
  readonly settings: Settings;
  /** Assignments of this file, in order. */
  readonly own: readonly { readonly name: string; readonly line: number; readonly value: string }[];
  /** Variables that the file reads, and whether they had a value. */
  readonly used: readonly { readonly name: string; readonly line: number; readonly known: boolean }[];
}

/** Returns the variables of bash after it read the file with `before` already set. Throws `Unsupported`. */
export function evaluate(file: string, text: string, before: Settings): Evaluated {
  const settings = new Map(before);
  const own: { name: string; line: number; value: string }[] = [];
  const used: { name: string; line: number; known: boolean }[] = [];

  function textOf({ parts }: Assignment): string {
    return parts
      .map((part) => {
        if ("text" in part) return part.text;
        const known = settings.get(part.variable);
        used.push({ name: part.variable, line: part.line, known: known !== undefined });
        return known?.value ?? "";
      })
      .join("");
  }

  function assign({ name, line }: Assignment, value: string): void {
    settings.set(name, { value, file, line });
    own.push({ name, line, value });
  }

  for (const { exported, assignments } of parseShell(text)) {
    const early = exported ? assignments.map(textOf) : [];
    for (const [index, assignment] of assignments.entries()) {
      assign(assignment, early[index] ?? textOf(assignment));
    }
  }
  return { settings, own, used };
}
