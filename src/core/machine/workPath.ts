/**
 * Most characters of the path of a work folder. aliBuild is a script with its interpreter in the first line, and the
 * kernel reads 255 characters of it. The folders of pool, builder and tool need the rest.
 */
const longest = 110;

/**
 * Returns why no build can work in a folder with this path, as the second half of a message; undefined if builds can.
 * Blanks and characters of the shell break the first line of aliBuild and the scripts of recipes.
 */
export function pathTroubleOf(path: string): string | undefined {
  const odd = /[^A-Za-z0-9/._+@%=,~-]/u.exec(path)?.[0];
  if (odd !== undefined) {
    const name = odd === " " ? "a blank" : JSON.stringify(odd);
    return `its path has ${name}, and aliBuild and the recipes do not work there: name a folder with letters, digits and ./_+-@ only`;
  }
  if (path.length <= longest) return undefined;
  return `its path has ${path.length} characters, and the programs of aliBuild do not start there: name a folder with at most ${longest}`;
}
