import { BuildResult } from "../../src/api/logs/result.ts";
import { wrapped } from "./markdown.ts";
import { tablesOf } from "./reference.ts";
import { documentSchemaOf } from "./schema.ts";

/** Returns the reference page of `result.json`. */
export function resultPage(): string {
  const lines = [
    "# result.json",
    "",
    "<!-- Written by `make generate` from src/api; changes made here are lost. -->",
    "",
    wrapped(
      "The file lies beside the result page of a build in the log store, under the address of the page with `result.json` instead of `pretty.html`. It is for scripts. The next build of the same check and commit replaces it. A skipped build has no page and no file.",
    ),
    "",
    wrapped(
      "Versions of builderpool may add fields. If a field changes its meaning, or disappears, `version` becomes higher.",
    ),
    "",
  ];
  return `${lines.join("\n")}\n${tablesOf(documentSchemaOf(BuildResult), "result").join("\n\n")}\n`;
}
