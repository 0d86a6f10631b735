import type { Stored } from "../../api/kinds.ts";
import type { Clock } from "../../system/clock.ts";
import { builderLines, buildLines, poolLines } from "./lines.ts";
import { picture } from "./screen.ts";

/** What a terminal or a pipe offers; `process.stdout` fits. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface Show {
  pool(object: Stored<"BuilderPool">): void;
  builder(object: Stored<"Builder">): void;
  build(object: Stored<"Build">): void;
  gone(kind: "BuilderPool" | "Builder" | "Build", name: string): void;
  say(line: string): void;
  close(): void;
}

/** Shows people what happens: a live table on a terminal, one line for each piece of news elsewhere. */
export function showChanges(terminal: Terminal, clock: Clock): Show {
  const pools = new Map<string, Stored<"BuilderPool">>();
  const builders = new Map<string, Stored<"Builder">>();
  const builds = new Map<string, Stored<"Build">>();
  const news: string[] = [];
  const live = terminal.isTTY === true;
  const say = (line: string) => {
    const stamped = `${new Date(clock.now()).toTimeString().slice(0, 8)}  ${line}`;
    if (!live) terminal.write(`${stamped}\n`);
    else if (news.push(stamped) > 50) news.shift();
  };
  const draw = () => {
    const seen = {
      pools: sorted(pools, byName),
      builders: sorted(builders, byIndex),
      builds: [...builds.values()],
      news,
    };
    terminal.write(repaint(picture(seen, clock.now(), terminal.columns ?? 120, terminal.rows ?? 40)));
  };
  if (live) terminal.write("\x1b[2J");
  const timer = live ? setInterval(draw, 500) : undefined;
  return {
    pool: (object) => note(pools, object, poolLines, say),
    builder: (object) => note(builders, object, builderLines, say),
    build: (object) => note(builds, object, buildLines, say),
    gone: (kind, name) => ({ BuilderPool: pools, Builder: builders, Build: builds })[kind].delete(name),
    say,
    close() {
      clearInterval(timer);
      if (live) draw();
    },
  };
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

/** Overwrites the screen line by line, which does not flicker as clearing it would. */
function repaint(text: string): string {
  return `\x1b[H${text.replaceAll("\n", "\x1b[K\n")}\x1b[K\n\x1b[J`;
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
