/** A closed vocabulary: each word that machines read, and what it says to people. Reference pages are made of it. */
export type Vocabulary<Word extends string> = Readonly<Record<Word, string>>;

/** The words of a vocabulary, in its order. */
export function wordsOf<Word extends string>(vocabulary: Vocabulary<Word>): readonly Word[] {
  return Object.keys(vocabulary) as Word[];
}
