import { LogScanner } from "../../src/core/report/scan/scan.ts";
import type { Print } from "./bench.ts";

const megabyte = 1_000_000;
const logSize = 200 * megabyte;
const runs = 3;

/**
 * The log scanner beside a reference that reads the log as ali-bot does: twelve passes, one expression each.
 * Both read the same bytes in the same process, alternately.
 */
export async function bench(print: Print): Promise<void> {
  for (const [name, chunks] of [
    ["plain log", buildLog(false)],
    ["every line coloured", buildLog(true)],
  ] as const) {
    const speeds = { one: [] as number[], twelve: [] as number[] };
    let found = { one: 0, twelve: 0 };
    for (let run = 0; run < runs; run += 1) {
      found = { one: timed(speeds.one, chunks, onePass), twelve: timed(speeds.twelve, chunks, twelvePasses) };
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [one, twelve] = [median(speeds.one), median(speeds.twelve)];
    print(
      `log scan, ${name}, ${logSize / megabyte} MB: one pass ${one.toFixed(0)} MB/s, twelve passes ${twelve.toFixed(0)} MB/s, ratio ${(one / twelve).toFixed(1)} (errors found: ${found.one} and ${found.twelve})`,
    );
  }
}

function timed(speeds: number[], chunks: readonly Buffer[], scan: (chunks: readonly Buffer[]) => number): number {
  const start = performance.now();
  const found = scan(chunks);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  speeds.push(bytes / megabyte / ((performance.now() - start) / 1000));
  return found;
}

function onePass(chunks: readonly Buffer[]): number {
  const scanner = new LogScanner({ isImportant: () => true });
  scanner.begin("sw/BUILD/O2-latest/log");
  for (const chunk of chunks) scanner.write(chunk);
  scanner.end();
  const errors = scanner.findings().sections.find((section) => section.class === "error");
  const shown = errors?.lines.filter((line) => reference[0]?.test(line)).length ?? 0;
  return shown + (errors?.omitted ?? 0);
}

const colour = String.raw`(?:\x1b\[[0-9;]*[mK])*`;
const reference: readonly RegExp[] = [
  `: ${colour}(?:internal compiler |fatal )?error:|^Error(?::| in )|^ERROR: | !!! ${colour}Error - | -> FAILED|ninja: build stopped: |make.*: \\*\\*\\*|\\[(?:ERROR|FATAL)\\]`,
  `: ${colour}warning:|^Warning: (?!Unused direct dependencies:$)| {2}! {2}${colour}Warning - `,
  String.raw`Test +#\d+: .*\*\*\*(?:Failed|Timeout|Exception)|% tests passed`,
  "fatal error: Killed signal terminated program",
  "^CMake Error",
  "^=+ List of errors found =+$",
  "^=+ List of issues found =+$",
  "task timeout reached",
  "Detected critical problem in logfile",
  String.raw`^command .* had nonzero exit code \d+$`,
  "Exception encountered",
  `: ${colour}error:|^Error|^ERROR: |% tests passed|^CMake Error|fatal error: Killed|Exception encountered`,
].map((source) => new RegExp(source));

function twelvePasses(chunks: readonly Buffer[]): number {
  let errors = 0;
  for (const [pass, pattern] of reference.entries()) {
    for (const line of linesOf(chunks)) if (pattern.test(line) && pass === 0) errors += 1;
  }
  return errors;
}

function* linesOf(chunks: readonly Buffer[]): Generator<string> {
  let rest = "";
  for (const chunk of chunks) {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A log of aliBuild building O2. The kinds of lines have the shares of a real log. Every run gets the same log. */
function buildLog(coloured: boolean): readonly Buffer[] {
  const random = sequence(1);
  const chunks: Buffer[] = [];
  for (let bytes = 0, n = 0; bytes < logSize; ) {
    let text = "";
    while (text.length < megabyte) {
      const line = lineOf(random, n);
      text += coloured ? `\x1b[32m${line}\x1b[0m\n` : `${line}\n`;
      n += 1;
    }
    const chunk = Buffer.from(text);
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return chunks;
}

const modules = [
  "Common",
  "Framework/Core",
  "Detectors/TPC/base",
  "Detectors/ITSMFT/ITS/tracking",
  "Utilities/Mergers",
];

function lineOf(random: (below: number) => number, n: number): string {
  const module = modules[random(modules.length)] ?? "";
  const file = `${module}/src/File${random(900)}.cxx`;
  const share = random(10_000);
  if (share < 4300)
    return `[${n % 9000}/9000] Building CXX object ${module}/CMakeFiles/O2lib.dir/src/File${n % 900}.cxx.o`;
  if (share < 6000)
    return `-- Installing: /sw/INSTALLROOT/5f3c9a/slc9_x86-64/O2/4966-local1/include/${module}/File${n % 900}.h`;
  if (share < 8500) {
    return `/sw/slc9_x86-64/GCC-Toolchain/v13/bin/g++ -DFMT_SHARED -I/sw/SOURCES/O2/0/${module}/include -isystem /sw/slc9_x86-64/ROOT/v6-30/include -O2 -g -std=c++20 -Wall -Wno-error -Werror=return-type -c ${file} -o ${file}.o`;
  }
  if (share < 9000) return "-- Looking for strerror_r - found";
  if (share < 9500)
    return `${random(500)}/500 Test #${random(500)}: ${module}_test ............   Passed    ${random(90)}.12 sec`;
  if (share < 9800) return `   ${random(900)} |   auto x = compute(a, b, c);`;
  if (share < 9990) return `${file}:12:3: warning: unused variable 'x' [-Wunused-variable]`;
  return `${file}:12:3: error: 'x' was not declared in this scope`;
}

/** Pseudo-random numbers, the same in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return (state >>> 8) % below;
  };
}
