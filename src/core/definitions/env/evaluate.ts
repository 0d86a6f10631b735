import { type Assignment, parseShell } from "./shell.ts";

/** A value and the place that set it last. */
export interface Setting {
  readonly value: string;
  readonly file: string;
  readonly line: number;
}
export type Settings = ReadonlyMap<string, Setting>;

export interface Evaluated {
  readonly settings: Settings;
  /** Assignments of this file alone, in order. */
  readonly own: readonly { readonly name: string; readonly line: number; readonly value: string }[];
  /** Names that were asked for, and whether they had a value. */
  readonly asked: readonly { readonly name: string; readonly line: number; readonly known: boolean }[];
}

/** What bash would know after reading the file on top of what it knew. Throws `Unsupported`. */
export function evaluate(file: string, text: string, before: Settings): Evaluated {
  const settings = new Map(before);
  const own: { name: string; line: number; value: string }[] = [];
  const asked: { name: string; line: number; known: boolean }[] = [];

  function textOf({ parts }: Assignment): string {
    return parts
      .map((part) => {
        if ("text" in part) return part.text;
        const known = settings.get(part.variable);
        asked.push({ name: part.variable, line: part.line, known: known !== undefined });
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
  return { settings, own, asked };
}
