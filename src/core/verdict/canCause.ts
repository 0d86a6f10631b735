/** The part of the build that a pull request changes. */
export type Change =
  /** A development package: the name of its directory. */
  | { readonly kind: "package"; readonly name: string }
  /** Recipes: the changed files of alidist. */
  | { readonly kind: "recipes"; readonly files: readonly string[] }
  /** The build tool itself. */
  | { readonly kind: "tool" };

/**
 * Whether a pull request can be the reason that a package failed. aliBuild builds a package after all packages that it
 * requires. So a package that comes before the changed package does not contain the change. With an unknown order, the
 * answer is true.
 */
export function canCauseFailureOf(failed: string, change: Change, buildOrder: readonly string[]): boolean {
  if (change.kind === "tool" || buildOrder.length === 0) return true;
  const at = buildOrder.indexOf(failed);
  if (at === -1) return true;
  const upToFailed = buildOrder.slice(0, at + 1);
  if (change.kind === "package") return upToFailed.includes(change.name);
  const recipes = new Set(upToFailed.map((name) => `${name.toLowerCase()}.sh`));
  return change.files.some((file) => !isRecipeOfOnePackage(file) || recipes.has(file));
}

/**
 * Whether a pull request can be the reason that aliBuild stops at a package before its build begins. aliBuild has then
 * only read the recipe.
 */
export function canCauseStopAt(name: string, change: Change): boolean {
  if (change.kind !== "recipes") return change.kind === "tool";
  return change.files.some((file) => !isRecipeOfOnePackage(file) || file === `${name.toLowerCase()}.sh`);
}

/** Every other file may belong to several packages: defaults, patches, scripts. */
function isRecipeOfOnePackage(file: string): boolean {
  return /^[^/]+\.sh$/.test(file) && !file.startsWith("defaults-");
}
