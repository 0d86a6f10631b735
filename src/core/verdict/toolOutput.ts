/** A line that aliBuild logs with its time, its level, and the package that it works on. */
const logged =
  /^\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d:(?<level>[A-Z]+):(?<scope>[^ ]{0,300}): (?<text>.*)$|^(?<bare>ERROR|WARNING|DEBUG): (?<rest>.*)$/;
const hashes = /^Hashes for recipe (?<name>\S+) are (?<remote>[0-9a-f, ]*)\(remote\);(?<local>[0-9a-f, ]*)\(local\)$/;
const completed = /^Build of (?<name>\S+) successfully completed on /;
/** The first line of a list of packages, and one package. aliBuild builds a package after all that it requires. */
const orderBegins = "Packages will be built in the following order:";
const ordered = /^ - (?<name>[^\s@]+)(?:@| \(development package\))/;
const orderOfOne = /^No dependencies of package (?<name>\S+) to build\.$/;
/** The package that failed, as aliBuild 1.17.40 and newer say, and as older versions and bits say. */
const failed =
  /^ERROR: BUILD FAILED: (?<name>[^\s@]+)@|^ERROR: Error while executing \S*\/SPECS\/[^/]+\/(?<older>[^/]+)\//;
/** The parser of the command line reports an error so, such as defaults that do not exist. */
const usage = /^(?:aliBuild|bits): error: (?<text>.*)$/;
/** aliBuild's error about a source. It prints git's own words before, with the level DEBUG, after a line that begins so. */
const sourceFailed = /^ERROR: Error during git \S+ for reference repo for [^\s:]+\.$/;
const gitBegins = "Executing git ";
/** Lines of one git command that are kept. */
const mostGit = 20;
/** aliBuild prints this line for a package before the build of the package. */
const buildBegins = "Build command: ";
/** aliBuild prints this package first, and leaves it out of the list. */
const always = "defaults-release";
/** Longest line that is read. A longer line is cut. */
const longestLine = 8_000;
/** Lines of aliBuild that are kept: the first errors, and the end. */
const [mostErrors, mostEnd] = [100, 200];

/** The package at which aliBuild stopped, and whether the build of the package had begun. */
export interface Stop {
  readonly name: string;
  readonly isBuilding: boolean;
}

/**
 * Separates aliBuild's own words from the output of the builds that it runs. Needs `aliBuild --debug`.
 *
 * aliBuild prints each line of a build with the level DEBUG and the name of its package. A line with another level, or
 * without a level, comes from aliBuild itself. A build cannot print such a line, unless it opens the output
 * of aliBuild itself.
 */
export class ToolOutput {
  readonly #errors: string[] = [];
  readonly #end: string[] = [];
  readonly #hashes = new Map<string, ReadonlySet<string>>();
  readonly #completed = new Set<string>();
  readonly #order: string[] = [];
  #isOrder = false;
  #isTraceback = false;
  #failed: string | undefined;
  #stop: Stop | undefined;
  #git: readonly string[] = [];
  #left = 0;
  #rest = "";

  /** Takes the next bytes of the output. */
  write(chunk: Uint8Array): void {
    const text = this.#rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    let from = 0;
    for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
      this.#take(text.slice(from, Math.min(to, from + longestLine)));
      from = to + 1;
    }
    this.#rest = text.slice(from, from + longestLine);
  }

  /**
   * aliBuild's own words, bounded: its first errors, and the end of everything else, as `ERROR: text` or `text`. The
   * last line of a Python traceback counts as an error. An error about the source of a package has git's words.
   */
  words(): readonly string[] {
    if (this.#rest !== "") this.#take(this.#rest);
    this.#rest = "";
    const left = this.#left === 0 ? [] : [`[… ${this.#left} lines left out …]`];
    return [...this.#errors, ...left, ...this.#end].map(utf8);
  }

  /** The hashes that aliBuild wanted for a package; undefined if the package was not part of the build. */
  hashesOf(name: string): ReadonlySet<string> | undefined {
    return this.#hashes.get(name);
  }

  /** Whether aliBuild said that it built a package and everything below. */
  hasCompleted(name: string): boolean {
    return this.#completed.has(name);
  }

  /** The packages of the build in order; empty if aliBuild did not say. */
  buildOrder(): readonly string[] {
    return this.#order.length === 0 ? [] : [always, ...this.#order];
  }

  /** The package that aliBuild worked on last; undefined if aliBuild ended before the first package. */
  stoppedAt(): Stop | undefined {
    return this.#stop;
  }

  /** The package whose build failed; undefined if aliBuild ended for another reason. */
  failedPackage(): string | undefined {
    return this.#failed;
  }

  #take(line: string): void {
    const groups = logged.exec(line)?.groups;
    const level = groups?.["level"] ?? groups?.["bare"];
    const text = groups?.["text"] ?? groups?.["rest"] ?? "";
    const name = packageOf(groups?.["scope"] ?? "");
    if (name !== undefined) this.#readProgress(name, text);
    if (level === "DEBUG") {
      if (text.startsWith(gitBegins)) this.#git = [];
      else if (this.#git.length < mostGit) this.#git = [...this.#git, text.trim()];
      return;
    }
    const isCrash = level === undefined && this.#isTraceback && /^\S/.test(line);
    const refusal = level === undefined ? usage.exec(line)?.groups?.["text"] : undefined;
    this.#isTraceback = level === undefined && (line.startsWith("Traceback ") || (this.#isTraceback && !isCrash));
    const own = isCrash ? line : refusal;
    const plain = own !== undefined ? `ERROR: ${own}` : level === undefined ? line : `${level}: ${text}`;
    // Before the first package, several git commands run at once, and their words are mixed.
    const hasReason = name !== undefined && this.#git.length > 0 && sourceFailed.test(plain);
    const said = hasReason ? `${plain.slice(0, -1)}: ${this.#git.join(" ")}` : plain;
    if (level === undefined) this.#readBanner(line);
    const culprit = failed.exec(said)?.groups;
    this.#failed ??= culprit?.["name"] ?? culprit?.["older"];
    if (said.startsWith("ERROR: ") && this.#errors.length < mostErrors) this.#errors.push(said);
    else if (said.trim() !== "") this.#end.push(said);
    if (this.#end.length <= mostEnd) return;
    this.#end.shift();
    this.#left += 1;
  }

  #readBanner(line: string): void {
    const name = completed.exec(line)?.groups?.["name"];
    if (name !== undefined) this.#completed.add(name);
    const next = (this.#isOrder ? ordered : orderOfOne).exec(line)?.groups?.["name"];
    if (next !== undefined) this.#order.push(next);
    this.#isOrder = line === orderBegins || (this.#isOrder && next !== undefined);
  }

  /**
   * aliBuild prints the hashes of a package before it builds the package. So the first line counts: a build can print
   * such a line only for its own package, and only afterwards.
   */
  #readProgress(name: string, text: string): void {
    if (this.#stop?.name !== name) this.#stop = { name, isBuilding: false };
    if (text.startsWith(buildBegins)) this.#stop = { name, isBuilding: true };
    const found = hashes.exec(text)?.groups;
    if (found?.["name"] !== name || this.#hashes.has(name)) return;
    this.#hashes.set(name, new Set(`${found["remote"]} ${found["local"]}`.match(/[0-9a-f]{8,64}/g) ?? []));
  }
}

/** The package of a line of aliBuild: `main:package:version` while aliBuild works on a package, `main:version` before. */
function packageOf(scope: string): string | undefined {
  const [, name, ...version] = scope.split(":");
  return version.length === 0 ? undefined : name;
}

/** Bytes that were read as latin1, as UTF-8. */
function utf8(line: string): string {
  return Buffer.from(line, "latin1").toString("utf8");
}
