import { recipes } from "../support/alidist/sources.ts";
import { alidist, check, greeting, hello } from "../support/up/installation.ts";
import { type Attempt, type Ground, scriptOf } from "./attack.ts";

/** Repository and files of a pull request. */
export interface Proposal {
  readonly repository: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The fields of the pool of a trial: one check for each of the two repositories, and a build that ends within a minute. */
export const poolOfTrial = {
  warmup: { builds: "All" },
  timeouts: { build: "60s" },
  update: { maxSurge: 0 },
  checks: [
    { name: check, repository: hello },
    {
      name: "build/hello/alidist",
      repository: alidist,
      developmentPackages: [{ repository: alidist }, { repository: hello }],
    },
  ],
};

/** The pull request that carries an attack. */
export function pullRequestOf({ attack, route }: Attempt, ground: Ground): Proposal {
  const script = scriptOf(attack, ground);
  if (route === "source") {
    const files = { ...greeting(`Hello, ${attack.id}`), "test/inspect.test": script, ...attack.files };
    return { repository: hello, files };
  }
  const changed = attack.recipes?.(script) ?? { "hello.sh": recipeOf("hello", script) };
  return { repository: alidist, files: { ...changed, ...attack.files } };
}

/** The recipe of a package with a body that runs the script and installs an empty program. */
export function recipeOf(name: string, script: string): string {
  return [
    `${headerOf(name)}---`,
    "#!/bin/bash -e",
    "cat > attack.sh <<'END_OF_ATTACK'",
    script.trimEnd(),
    "END_OF_ATTACK",
    "sh attack.sh",
    'mkdir -p "$INSTALLROOT/bin"',
    ': > "$INSTALLROOT/bin/hello"',
    "",
  ].join("\n");
}

/** The fields of a recipe. */
export function headerOf(name: string): string {
  return recipes()[`${name}.sh`]?.split("---\n")[0] ?? "";
}
