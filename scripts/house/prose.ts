import type { SourceFile } from "./files.ts";

/** How plain a set of texts is. Counts are per 1,000 words. */
export interface Prose {
  readonly words: number;
  readonly relativePronouns: number;
  readonly idioms: number;
  /** Words a sentence: mean and 90th percentile. */
  readonly mean: number;
  readonly p90: number;
}

/** Limits of `Prose`, from the language rules in CONTRIBUTING.md. */
export interface ProseLimits extends Omit<Prose, "words"> {}

/** Words that make a reader look back in the sentence. */
const relativePronoun =
  /\b(what|who|whose|whoever|whatever|of which|that of|those of|one that|of theirs|of ours|none)\b/gi;
/** Words and phrases that people from other languages read twice. */
const idiom =
  /\b(nobody|somebody|everybody|anew|no more|any more|is none|to be had|for good|by itself|told|tells?|heard|hears?|takes? away|lets? go)\b/gi;

/** Measures comments and schema descriptions of TypeScript files, and the text of Markdown files. */
export function proseOf(files: readonly SourceFile[]): Prose {
  const texts = files.flatMap(textsOf);
  const words = texts.reduce((sum, text) => sum + wordsIn(text), 0);
  const lengths = texts
    .flatMap(sentencesIn)
    .map(wordsIn)
    .filter((count) => count > 2)
    .sort((a, b) => a - b);
  const perThousand = (pattern: RegExp) =>
    (1000 * texts.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0)) / Math.max(1, words);
  return {
    words,
    relativePronouns: perThousand(relativePronoun),
    idioms: perThousand(idiom),
    mean: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length),
    p90: lengths[Math.floor(0.9 * lengths.length)] ?? 0,
  };
}

/** Each limit that a text exceeds, as a sentence. */
export function proseProblems(name: string, prose: Prose, limits: ProseLimits): readonly string[] {
  const { relativePronouns, idioms, mean, p90 } = prose;
  return [
    [relativePronouns, limits.relativePronouns, "relative pronouns per 1,000 words"] as const,
    [idioms, limits.idioms, "idioms per 1,000 words"] as const,
    [mean, limits.mean, "words a sentence (mean)"] as const,
    [p90, limits.p90, "words a sentence (90th percentile)"] as const,
  ].flatMap(([found, limit, unit]) =>
    found > limit ? [`${name} has ${found.toFixed(1)} ${unit}, expected at most ${limit}`] : [],
  );
}

/** Texts with the most pronouns and idioms, and the longest sentences, so that a person knows where to begin. */
export function worstOf(files: readonly SourceFile[], count: number): readonly string[] {
  const marked = files.flatMap((file) =>
    textsOf(file)
      .flatMap(sentencesIn)
      .filter((sentence) => sentence.match(relativePronoun) !== null || sentence.match(idiom) !== null)
      .map((sentence) => `${file.path}: ${sentence}`),
  );
  const long = files
    .flatMap((file) => textsOf(file).flatMap((text) => sentencesIn(text).map((sentence) => ({ file, sentence }))))
    .sort((a, b) => wordsIn(b.sentence) - wordsIn(a.sentence))
    .slice(0, count)
    .map(({ file, sentence }) => `${file.path}: ${wordsIn(sentence)} words: ${sentence}`);
  return [...marked.slice(0, count), ...long];
}

function textsOf({ path, text }: SourceFile): readonly string[] {
  return path.endsWith(".md") ? paragraphsOf(text) : [...commentsOf(text), ...descriptionsOf(text)];
}

/** Paragraphs and table rows, without code blocks and markup. */
function paragraphsOf(text: string): readonly string[] {
  return text
    .replace(/```[\s\S]*?```/g, "")
    .split(/\n\s*\n|\n\|/)
    .map((paragraph) => paragraph.replace(/[`*|#>[\]]/g, " "));
}

function commentsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/\/\*\*?([\s\S]*?)\*\//g)].map((match) => (match[1] ?? "").replace(/\n\s*\*/g, " "));
  const lines: string[] = [];
  let open: string[] = [];
  for (const line of [...text.split("\n"), ""]) {
    const comment = /^\s*\/\/ ?(.*)/.exec(line)?.[1];
    if (comment !== undefined) open.push(comment);
    else if (open.length > 0) {
      lines.push(open.join(" "));
      open = [];
    }
  }
  return [...blocks, ...lines];
}

function descriptionsOf(text: string): readonly string[] {
  return [...text.matchAll(/\.describe\(\s*((?:"(?:[^"\\]|\\.)*"\s*\+?\s*)+)/g)].map((match) =>
    [...(match[1] ?? "").matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((part) => part[1] ?? "").join(" "),
  );
}

function sentencesIn(text: string): readonly string[] {
  return text.replace(/\s+/g, " ").split(/(?<=[.!?])\s+/);
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}
