import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Findings } from "../../src/api/cell/event.ts";
import { LogScanner } from "../../src/core/report/scan/scan.ts";

const path = "sw/BUILD/O2-latest/log";

function scan(chunks: Iterable<Uint8Array>): Findings {
  const scanner = new LogScanner({ isImportant: () => true });
  scanner.begin(path);
  for (const chunk of chunks) scanner.write(chunk);
  scanner.end();
  return scanner.findings();
}

/**
 * The bytes in chunks. `sizes` gives the chunk sizes cyclically. Each chunk is wiped after use, like a reused read
 * buffer.
 */
function* chunksOf(bytes: Buffer, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    const piece = Buffer.from(bytes.subarray(at, at + size));
    yield piece;
    piece.fill(0x21);
    at += size;
  }
}

const words = fc.constantFrom(
  "a.cxx:1:2: \x1b[01;31merror: \x1b[mé✓😀",
  "CMake Error at x",
  "b: warning: w",
  "9% tests passed, x",
  "[1/9] Building CXX",
  "",
  "\xff\x00\x1b[",
  "== List of errors found ==",
);
const line = fc.tuple(
  fc.oneof({ weight: 1, arbitrary: words }, { weight: 4, arbitrary: fc.constant("-- Installing: /sw/é/include") }),
  fc.constantFrom("\n", "\n", "\n", "\r\n", "\r"),
);
const log = fc
  .record({ lines: fc.array(line, { maxLength: 60 }), times: fc.integer({ min: 1, max: 20 }), end: fc.boolean() })
  .map(({ lines, times, end }) =>
    Buffer.from(
      lines
        .map((parts) => parts.join(""))
        .join("")
        .repeat(times) + (end ? "Error: z" : ""),
    ),
  );
const padding = fc.constantFrom(0, 100, 4000, 131_000, 262_100, 262_140, 300_000, 800_000);

/** The expected section of errors: each error with three context lines on each side. */
function errorsByDefinition(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const isError = (value: string | undefined) => value !== undefined && /: error:|^Error:/.test(value);
  const shown = lines.map((_, n) => lines.slice(Math.max(0, n - 3), n + 4).some(isError));
  const found = lines.flatMap((value, n) => (shown[n] ? [...(n > 0 && !shown[n - 1] ? ["--"] : []), value] : []));
  if (found[0] === "--") found.shift();
  return found.length === 0 ? [] : [`## ${path}`, ...found];
}

describe("log scanner", () => {
  it("finds the same for any chunk sizes", () => {
    fc.assert(
      fc.property(
        log,
        padding,
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 5 }),
        (bytes, pad, sizes) => {
          const whole = Buffer.concat([bytes, Buffer.alloc(pad, "x"), bytes]);
          expect(scan(chunksOf(whole, sizes))).toEqual(scan([whole]));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("finds the same with chunks of one byte", () => {
    fc.assert(
      fc.property(log, (bytes) => {
        expect(scan(chunksOf(bytes, [1]))).toEqual(scan([bytes]));
      }),
      { numRuns: 50 },
    );
  });

  it("shows exactly the errors and their context", () => {
    const plain = fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 1, arbitrary: fc.constantFrom("a: error: x", "Error: y") },
          { weight: 6, arbitrary: fc.constantFrom("fine", "", "é") },
        ),
        fc.constantFrom("\n", "\r\n"),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(plain, fc.constantFrom(1, 40_000, 52_428, 60_000), (lines, blanks) => {
        const body = lines.map((parts) => parts.join("")).join("");
        const text = `${body}${"fill\n".repeat(blanks)}${body}`;
        expect(scan([Buffer.from(text)]).sections[0]?.lines ?? []).toEqual(errorsByDefinition(text));
      }),
      { numRuns: 60 },
    );
  });

  it("limits the findings for any bytes", () => {
    const parts = fc.array(
      fc.oneof(
        words.map((word) => Buffer.from(word)),
        fc.uint8Array({ maxLength: 40 }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 300 }), (pieces, times) => {
        const bytes = Buffer.concat(Array.from({ length: times }, () => Buffer.concat(pieces)));
        const { preview, sections } = scan([bytes]);
        expect(preview.length).toBeLessThanOrEqual(50);
        for (const text of [...preview, ...sections.flatMap(({ lines }) => lines)]) {
          expect(text.length).toBeLessThanOrEqual(2000);
          expect(text).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f]/);
        }
      }),
      { numRuns: 100 },
    );
  });
});
