/**
 * What ali-bot's lister saw in a file. It split the text into words as Python's shlex does, with comments read like the rest and
 * nothing expanded, and took each word with a `=` for a variable. Undefined where it failed, and then never listed the check.
 */
export function readAsPython(text: string): ReadonlyMap<string, string> | undefined {
  const words = splitWords(text);
  if (words === undefined) return undefined;
  return new Map(
    words
      .filter((word) => word.includes("="))
      .map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );
}

/** Undefined for a quote that is not closed or a backslash at the end. */
function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === "" && /[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === "" && /['"]/.test(character)) {
      quote = character;
      word ??= "";
    } else if (character === quote) quote = "";
    else if (character === "\\" && quote !== "'") {
      if (next === "") return undefined;
      // Between double quotes a backslash means itself unless a double quote or another backslash follows.
      word = (word ?? "") + (quote === "" || /["\\]/.test(next) ? next : character + next);
      at += 1;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}
