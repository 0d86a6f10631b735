import { stringify } from "yaml";
import { chartFiles } from "./chart/files.ts";
import { commandsPage } from "./commandsPage.ts";
import { definitionOf } from "./definition.ts";
import { generatedKinds } from "./kinds.ts";
import { metricsPage } from "./metricsPage.ts";
import { referenceOf } from "./reference.ts";
import { refusals } from "./refusals.ts";
import { resultPage } from "./resultPage.ts";
import { rightsFiles } from "./rights.ts";
import { schemaOf } from "./schema.ts";
import { securityPage } from "./securityPage.ts";
import { wordsPage } from "./wordsPage.ts";

/**
 * Returns every generated file: path below the project folder → text. Throws when the API server would refuse a
 * definition.
 */
export function generatedFiles(): ReadonlyMap<string, string> {
  const problems = generatedKinds.flatMap((facts) => refusals(facts, schemaOf(facts)));
  if (problems.length > 0) throw new Error(`the API server would refuse the definitions:\n${problems.join("\n")}`);
  const files = new Map<string, string>();
  for (const facts of generatedKinds) {
    const definition = stringify(definitionOf(facts), { lineWidth: 0, aliasDuplicateObjects: false });
    files.set(
      `crds/${facts.plural}.yaml`,
      `# Written by \`make generate\` from src/api; changes made here are lost.\n${definition}`,
    );
    files.set(`docs/reference/${facts.singular}.md`, referenceOf(facts));
  }
  files.set("docs/reference/metrics.md", metricsPage());
  files.set("docs/reference/result.md", resultPage());
  files.set("docs/reference/words.md", wordsPage());
  files.set("docs/reference/commands.md", commandsPage());
  files.set("docs/security.md", securityPage());
  for (const [path, text] of rightsFiles()) files.set(path, text);
  for (const [path, text] of chartFiles()) files.set(path, text);
  return files;
}
