import { FindingClass, type Findings } from "../../../api/cell/event.ts";
import { Preview } from "./preview.ts";
import { isFetchLog, type Rule, rulesFor, screen } from "./rules.ts";
import { Section } from "./section.ts";
import { LineWindow, type WindowLine } from "./window.ts";

const nothing: readonly Rule[] = [];

/**
 * Finds the lines to show in the logs of one build, oldest log first, in one pass and in bounded memory. The findings
 * depend only on the bytes, not on the chunk sizes.
 *
 * One expression screens all bytes. Only lines that pass are matched against the rules. Only shown lines are decoded.
 */
export class LogScanner {
  readonly #isImportant: (path: string) => boolean;
  readonly #sections = FindingClass.options.map((name) => new Section(name));
  readonly #preview = new Preview();
  readonly #window = new LineWindow();
  #path = "";
  #rules: readonly Rule[] = [];
  #tail: readonly string[] = [];
  #tailIsOfFetchLog = true;

  /** `isImportant` decides whether to show warnings of the log at a path. */
  constructor(options: { isImportant(path: string): boolean }) {
    this.#isImportant = options.isImportant;
  }

  /** Starts the next log. */
  begin(path: string): void {
    this.#path = path;
    this.#rules = rulesFor(path, this.#isImportant(path));
    this.#window.clear();
    this.#preview.begin(path);
    for (const section of this.#sections) {
      section.begin(path);
      if (section.class === "fetch" && isFetchLog(path)) section.takeAll();
    }
  }

  /** Scans the next bytes of the log. The bytes are copied. */
  write(chunk: Uint8Array): void {
    this.#window.write(chunk, this.#scan);
  }

  /** Ends the log. */
  end(): void {
    const tail = this.#window.end(this.#scan);
    const isFetch = isFetchLog(this.#path);
    if (tail.length === 0 || (isFetch && !this.#tailIsOfFetchLog)) return;
    this.#tail = tail.map((line) => line.text());
    this.#tailIsOfFetchLog = isFetch;
  }

  /** The findings in all logs so far. */
  findings(): Findings {
    const sections = this.#sections.filter(({ entries }) => entries.length > 0);
    const codeChecks = sections.filter((section) => section.class === "codecheck" || section.class === "physicscheck");
    const found = this.#preview.lines(codeChecks);
    const tail = this.#tail.length > 0 ? [...this.#tail] : ["No log files found"];
    return {
      sections: sections.map(({ class: name, entries, omitted }) => ({
        class: name,
        lines: entries.map(({ text }) => text),
        omitted,
      })),
      preview: found.length > 0 ? found : tail,
    };
  }

  readonly #scan = (from: number, to: number): void => {
    const text = this.#window.latin1(from, to);
    let candidate = from;
    for (let at = from; at < to; ) {
      if (candidate <= at) candidate = from + nextCandidate(text, at - from);
      if (!this.#sections.some((section) => section.wants())) {
        if (candidate >= to) break;
        at = this.#window.startOf(candidate);
      }
      const line = this.#window.line(at, to);
      this.#take(line, candidate < line.next ? this.#matches(line) : nothing);
      if (candidate < line.next) candidate = line.next;
      at = line.next;
    }
  };

  #matches(line: WindowLine): readonly Rule[] {
    const plain = line.plain();
    if (nextCandidate(plain, 0) === plain.length) return nothing; // Only the colour code passed the screen.
    return this.#rules.filter((rule) => rule.pattern.test(plain));
  }

  #take(line: WindowLine, matches: readonly Rule[]): void {
    if (matches.length === 0) {
      for (const section of this.#sections) section.follow(line);
      return;
    }
    if (matches.some(({ preview }) => preview)) this.#preview.add(line);
    for (const section of this.#sections) {
      const own = matches.filter((rule) => rule.class === section.class);
      if (own.length === 0) section.follow(line);
      else {
        const before = this.#window.before(line.index, Math.max(...own.map((rule) => rule.before)));
        section.match(line, before, Math.max(...own.map((rule) => rule.after)));
      }
    }
  }
}

function nextCandidate(text: string, from: number): number {
  screen.lastIndex = from;
  return screen.exec(text)?.index ?? text.length;
}
