import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../../src");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

/** The sources below a folder of `src` that hold what a pattern says. */
const having = (pattern: RegExp, folder = "") =>
  sources.filter(({ path, text }) => path.startsWith(folder) && pattern.test(text)).map(({ path }) => path);

describe("what cannot happen here", () => {
  it("W-16: what GitHub said is never read from a file that a build could write: it is kept in memory alone", () => {
    expect(having(/"node:(?:fs|fs\/promises|sqlite|v8)"/, "github/")).toEqual([]);
  });

  it("W-35: no command goes through a shell, so none prints its variables or splits its arguments", () => {
    expect(having(/\bshell: (?:true|")|execa`|\bexecaCommand(?:Sync)?\b/)).toEqual([]);
    expect(having(/\{[^}]*\bexec(?:Sync)?\b[^}]*\} from "node:child_process"/)).toEqual([]);
    // These run constant scripts before an order starts. Every path is an argument, and no part of a script.
    expect(having(/"(?:ba|z|da)?sh"/)).toEqual([
      "builder/cells/controlGroups.ts",
      "builder/cells/isolation.ts",
      "core/pool/manifest/pod/capsule.ts",
    ]);
  });
});
