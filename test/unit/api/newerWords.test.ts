import { describe, expect, it } from "vitest";
import { generatedKinds } from "../../../scripts/generate/kinds.ts";
import { type Schema, schemaOf } from "../../../scripts/generate/schema.ts";
import type { Kind } from "../../../src/api/objects/kinds.ts";
import { newerWords } from "../../../src/api/objects/newerWords.ts";

/** Fields without a careful meaning, and fields of Kubernetes. */
const exempt: readonly string[] = [
  "Build status.phase",
  "Build status.verdict.result",
  "Build status.history[].result",
  "BuilderPool status.conditions[].status",
];

/** Every field with a closed set of words, with these words. */
function wordFieldsOf(node: Schema, path: string): readonly (readonly [string, readonly string[]])[] {
  const own = node.enum === undefined ? [] : [[path, node.enum] as const];
  const items = node.items === undefined ? [] : wordFieldsOf(node.items, `${path}[]`);
  const fields = Object.entries(node.properties ?? {}).flatMap(([name, inner]) =>
    wordFieldsOf(inner, path === "" ? name : `${path}.${name}`),
  );
  return [...own, ...items, ...fields];
}

describe("the words that a newer version may add to", () => {
  it.each(generatedKinds.map((facts) => [facts.kind, facts] as const))(
    "have a careful meaning for every field of a %s with a closed set of words",
    (kind, facts) => {
      const fields = wordFieldsOf(schemaOf(facts), "").filter(([path]) => !exempt.includes(`${kind} ${path}`));
      const known = newerWords[kind as Kind].map(({ path, words }) => [path, words]);
      const sorted = (all: readonly (readonly unknown[])[]) => all.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
      expect(sorted(known)).toEqual(sorted(fields));
      for (const { words, meaning } of newerWords[kind as Kind]) expect(words).toContain(meaning);
    },
  );
});
