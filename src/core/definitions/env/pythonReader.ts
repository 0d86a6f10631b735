/**
 * Returns the variables that ali-bot's lister read from a file. The lister split the text into words like Python's
 * shlex. It expanded nothing, read comments as text, and treated each word with a `=` as a variable. Returns undefined
 * if the lister failed on the file. It then never listed the check.
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

/** Returns undefined for an unclosed quote or a backslash at the end. */
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
      // Between double quotes a backslash is literal, except before a double quote or another backslash.
      word = (word ?? "") + (quote === "" || /["\\]/.test(next) ? next : character + next);
      at += 1;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}
