import { type Assignment, parseShell } from "./shell.ts";
import { Unsupported } from "./source.ts";

/** A value and the line that set it last. */
export interface Setting {
  /** Empty if the value is unknown. */
  readonly value: string;
  readonly file: string;
  readonly line: number;
  /** Why the value is unknown: only a shell on the machine of a builder knows it. */
  readonly unknown?: Cause;
  /** The declaration that decides about all later values. */
  readonly declaration?: Cause;
}

/** A construct with a value that is known only to a shell, and its line. */
export interface Cause {
  readonly construct: string;
  readonly file: string;
  readonly line: number;
}
/** Variables and their values. */
export type Settings = ReadonlyMap<string, Setting>;

/** Result of reading one file. */
export interface Evaluated {
  readonly settings: Settings;
  /** Assignments of this file, in order. */
  readonly own: readonly {
    readonly name: string;
    readonly line: number;
    readonly value: string;
    readonly unknown?: Cause;
  }[];
  /** Variables that the file reads, and whether they had a value. */
  readonly used: readonly { readonly name: string; readonly line: number; readonly known: boolean }[];
  /** Commands that were skipped, because they assign nothing. */
  readonly skipped: readonly { readonly command: string; readonly line: number }[];
}

/**
 * Returns the variables of bash after it read the file with `before` already set. A value that only a shell knows makes
 * its variable unknown, and every variable that reads it. Throws `Unsupported`.
 */
export function evaluate(file: string, text: string, before: Settings): Evaluated {
  const settings = new Map(before);
  const own: Evaluated["own"][number][] = [];
  const used: Evaluated["used"][number][] = [];
  const skipped: Evaluated["skipped"][number][] = [];

  function read(parts: Assignment["parts"]): Value {
    let cause: Cause | undefined;
    const texts = parts.map((part) => {
      if ("text" in part) return part.text;
      if ("construct" in part) {
        const because = { construct: part.construct, file, line: part.line };
        cause ??= because;
        for (const name of part.touched) assign({ name, line: part.line }, { value: "", unknown: because });
        return "";
      }
      const known = settings.get(part.variable);
      const isOfMachine = known === undefined && ofMachine.test(part.variable);
      if (isOfMachine) cause ??= { construct: `variable \`$${part.variable}\` of the machine`, file, line: part.line };
      cause ??= known?.unknown;
      used.push({ name: part.variable, line: part.line, known: known !== undefined || isOfMachine });
      return known?.value ?? "";
    });
    return cause === undefined ? { value: texts.join("") } : { value: "", unknown: cause };
  }

  function assign({ name, line }: Pick<Assignment, "name" | "line">, given: Value, by?: string): void {
    const before = settings.get(name)?.declaration;
    if (before?.construct === readOnly) throw new Unsupported(`an assignment to the read-only ${name}`, line);
    const declaration = by === undefined ? before : { construct: `\`${by}\``, file, line };
    const value = declaration === undefined ? given : { value: "", unknown: declaration, declaration };
    settings.set(name, { ...value, file, line });
    own.push({ name, line, ...value });
  }

  for (const { exported, assignments, declaration, skipped: command, line } of parseShell(text)) {
    if (command !== undefined) skipped.push({ command, line });
    const early = exported ? assignments.map(({ parts }) => read(parts)) : [];
    for (const [index, assignment] of assignments.entries()) {
      assign(assignment, early[index] ?? read(assignment.parts), declaration);
    }
  }
  return { settings, own, used, skipped };
}

/** Bash ends a file at an assignment to a read-only variable. */
const readOnly = "`readonly`";

type Value = Pick<Setting, "value" | "unknown">;

/** Variables that bash or the login sets, whatever the files say. */
const ofMachine =
  /^(BASH|BASHPID|BASH_.*|COLUMNS|DIRSTACK|EPOCH\w+|EUID|FUNCNAME|GROUPS|HOME|HOST|HOSTNAME|HOSTTYPE|IFS|LANG|LINENO|LINES|LOGNAME|MACHTYPE|OLDPWD|OPTARG|OPTIND|OSTYPE|PATH|PIPESTATUS|PPID|PS[0-4]|PWD|RANDOM|SECONDS|SHELL|SHELLOPTS|SHLVL|SRANDOM|TERM|TMPDIR|UID|USER)$/;
