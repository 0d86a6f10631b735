/** A closed set of words for machines, each with its meaning for people. The reference pages are generated from it. */
export type Vocabulary<Word extends string> = Readonly<Record<Word, string>>;

/** Returns the words of a vocabulary in declaration order. */
export function wordsOf<Word extends string>(vocabulary: Vocabulary<Word>): readonly Word[] {
  return Object.keys(vocabulary) as Word[];
}
