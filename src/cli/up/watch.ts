import type { Builder } from "../../api/objects/builder.ts";
import type { Stored } from "../../api/objects/kinds.ts";
import type { Clock } from "../../system/clock.ts";
import { attention } from "../output/attention.ts";
import { printable } from "../output/printable.ts";
import { builderLines, buildLines, poolLines } from "./lines.ts";
import { renderScreen } from "./screen.ts";

/** A terminal or a pipe, such as `process.stdout`. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Output of `up` for people. */
export interface Show {
  pool(object: Stored<"BuilderPool">): void;
  builder(object: Stored<"Builder">): void;
  build(object: Stored<"Build">): void;
  gone(kind: "BuilderPool" | "Builder" | "Build", name: string): void;
  /** Shows one line of news. */
  say(line: string): void;
  /** Shows lines that stay visible. Later lines about the same topic replace them. */
  pin(about: string, lines: readonly string[]): void;
  /** The run ends. From now on, stopping pools and builders are neither news nor problems. */
  ending(): void;
  close(): void;
}

/** Control sequences of terminals. */
const clear = "\x1b[2J";
const [noWrap, wrap] = ["\x1b[?7l", "\x1b[?7h"];

/** Shows changes to people: a live table on a terminal, otherwise one line for each change. */
export function showChanges(terminal: Terminal, clock: Clock): Show {
  const pools = new Map<string, Stored<"BuilderPool">>();
  const builders = new Map<string, Stored<"Builder">>();
  const builds = new Map<string, Stored<"Build">>();
  const news: string[] = [];
  const pinned = new Map<string, readonly string[]>();
  const live = terminal.isTTY === true;
  let isEnding = false;
  const say = (line: string) => {
    const stamped = `${new Date(clock.now()).toTimeString().slice(0, 8)}  ${printable(line)}`;
    if (!live) terminal.write(`${stamped}\n`);
    else if (news.push(stamped) > 100) news.shift();
  };
  const draw = () => {
    const objects = {
      pools: sorted(pools, byName),
      builders: sorted(builders, byIndex),
      builds: [...builds.values()],
    };
    const problems = isEnding ? [] : attention(objects).map(printable);
    const { width, height } = sizeOf(terminal);
    // The last line stays free for the cursor.
    const text = renderScreen(
      { ...objects, attention: problems, news, foot: [...pinned.values()].flat() },
      clock.now(),
      width,
      height - 1,
    );
    terminal.write(repaint(text));
  };
  // Moves the earlier text of the screen up into the scrollback, where people can still read it.
  if (live) terminal.write(`${"\n".repeat(sizeOf(terminal).height)}${clear}`);
  const timer = live ? setInterval(draw, 500) : undefined;
  return {
    pool: (object) => note(pools, object, isEnding ? noLines : poolLines, say),
    builder: (object) => note(builders, object, isEnding ? endingLines : builderLines, say),
    build: (object) => note(builds, object, buildLines, say),
    gone: (kind, name) => ({ BuilderPool: pools, Builder: builders, Build: builds })[kind].delete(name),
    say,
    pin(about, lines) {
      pinned.set(about, lines.map(printable));
      if (!live) for (const line of lines) say(line);
    },
    ending() {
      isEnding = true;
    },
    close() {
      clearInterval(timer);
      if (live) draw();
    },
  };
}

/** A serial console reports a size of 0, for unknown. */
function sizeOf({ columns, rows }: Terminal): { readonly width: number; readonly height: number } {
  return { width: columns || 120, height: rows || 40 };
}

function noLines(): readonly string[] {
  return [];
}

/** At the end of a run, only draining and drained are news of a builder. */
function endingLines(before: Builder | undefined, after: Builder): readonly string[] {
  const { phase } = after.status ?? {};
  return phase === "Draining" || phase === "Drained" ? builderLines(before, after) : [];
}

function note<T extends { readonly metadata: { readonly name: string } }>(
  known: Map<string, T>,
  object: T,
  linesOf: (before: T | undefined, after: T) => readonly string[],
  say: (line: string) => void,
): void {
  const before = known.get(object.metadata.name);
  known.set(object.metadata.name, object);
  for (const line of linesOf(before, object)) say(line);
}

/**
 * Overwrites the screen line by line: clearing it would flicker. The terminal cuts long lines instead of wrapping them.
 */
function repaint(text: string): string {
  const lines = text.split("\n").map((line) => `\x1b[K${line}\n`);
  return `${noWrap}\x1b[H${lines.join("")}\x1b[J${wrap}`;
}

function sorted<T>(objects: ReadonlyMap<string, T>, compare: (a: T, b: T) => number): readonly T[] {
  return [...objects.values()].toSorted(compare);
}

function byName(a: Stored<"BuilderPool">, b: Stored<"BuilderPool">): number {
  return a.metadata.name.localeCompare(b.metadata.name);
}

function byIndex(a: Stored<"Builder">, b: Stored<"Builder">): number {
  return a.spec.pool.localeCompare(b.spec.pool) || (a.spec.workerIndex ?? 0) - (b.spec.workerIndex ?? 0);
}
