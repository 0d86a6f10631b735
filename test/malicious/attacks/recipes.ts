import { recipes as honest } from "../../support/alidist/sources.ts";
import type { Attack } from "../attack.ts";
import { headerOf, recipeOf } from "../pullRequest.ts";

const ownBase = "The base cell checks out base commits alone, and builds no recipe of a pull request";
const ownOrder = "Checks of a recipe run in the build cell, and end with their step";

/** Attacks that only a recipe can carry. */
export const recipes: readonly Attack[] = [
  {
    id: "I-60",
    kind: "isolation",
    title: "changes the recipe of a dependency and keeps its version",
    held: ownBase,
    recipes: (script) => ({ "hellolib.sh": recipeOf("hellolib", script) }),
    script: `
[ "$(id -u)" -ge 64000 ] && "$leak" "$id" "the base cell"
for one in "$sandbox"/base/*/* "$sandbox"/base/*/sw/*/* "$tools"/*; do [ -w "$one" ] && "$leak" "$id" "$one"; done
mkdir -p "$INSTALLROOT/share"; printf '%s\\n' Hello Oi "$canary" > "$INSTALLROOT/share/polite-words"`,
  },
  {
    id: "I-61",
    kind: "isolation",
    title: "plants files from a check of the system in its recipe",
    held: ownOrder,
    recipes: asSystemCheck,
    script: `
[ "$(id -u)" -ge 64000 ] && "$leak" "$id" "the base cell"
for minor in 8 9 10 11 12 13 14; do plantPython "$HOME/.local/lib/python3.$minor/site-packages/usercustomize.py"; done
for one in git python3 rsync c++; do plant "$HOME/.local/bin/$one"; done
for one in "$sandbox"/area/*/* "$sandbox"/base/*; do leave "$one/planted"; plant "$one/sw/SPECS/build.sh"; done
env -i PATH="$PATH" setsid sh -c "trap '' TERM HUP; while sleep 0.5; do $shout $id; done" < /dev/null > /dev/null &`,
  },
  {
    id: "A-34",
    kind: "availability",
    title: "kills aliBuild from a check of the system in its recipe",
    held: "A failure that stays the same is the pull request's own",
    recipes: asSystemCheck,
    script: `for one in $(grep -l -e aliDoctor -e aliBuild /proc/[0-9]*/cmdline | cut -d/ -f3); do kill -9 "$one"; done; sleep 5`,
  },
  {
    id: "A-35",
    kind: "availability",
    title: "never ends a check of the system in its recipe",
    held: "timeouts.command",
    recipes: asSystemCheck,
    script: `trap "" TERM HUP INT; while :; do sleep 1; done`,
  },
  {
    id: "V-09",
    kind: "verdicts",
    title: "lets the base of the recipes look broken after its own recipe was refused",
    held: "Only the base cell decides about the base",
    recipes: asRequirement,
    script: `
for one in "$sandbox"/area/*/*/alidist; do
  git -C "$one" config core.worktree "$TMPDIR"
  git -C "$one" update-index --skip-worktree hellolib.sh
done`,
  },
];

/** A recipe of hellolib that runs the script when aliBuild asks whether the system has the package. */
function asSystemCheck(script: string): Readonly<Record<string, string>> {
  const fields = ["prefer_system: .*", "prefer_system_check: |", indented(script)].join("\n");
  return { "hellolib.sh": honest()["hellolib.sh"]?.replace("---\n", `${fields}\n---\n`) ?? "" };
}

/** A recipe of hellolib as a package that the system must have. The script runs, and the system has no such package. */
function asRequirement(script: string): Readonly<Record<string, string>> {
  const fields = ["system_requirement: .*", "system_requirement_check: |", indented(`${script}\nexit 1`)].join("\n");
  return { "hellolib.sh": `${headerOf("hellolib")}${fields}\n---\n` };
}

/** The text as a block of YAML. */
function indented(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
