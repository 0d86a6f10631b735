import type { SourceFile } from "./files.ts";

const exported = /^export (?:declare )?(?:async )?(?:function\*?|const|interface|type|class) (?<name>[A-Za-z0-9_$]+)/;

/** Exported names of a file, and the ones without a docstring. A schema and the type of its name share one docstring. */
export function docstringsOf({ path, text }: SourceFile): {
  readonly names: readonly string[];
  readonly missing: readonly string[];
} {
  const names = new Set<string>();
  const documented = new Set<string>();
  let above = "";
  for (const line of text.split("\n")) {
    const name = exported.exec(line)?.groups?.["name"];
    if (name !== undefined) {
      names.add(name);
      if (above.trimEnd().endsWith("*/")) documented.add(name);
    }
    if (line.trim() !== "") above = line;
  }
  return {
    names: [...names],
    missing: [...names].filter((name) => !documented.has(name)).map((name) => `${path}: ${name}`),
  };
}
