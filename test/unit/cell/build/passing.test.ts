import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { Progress } from "../../../../src/cell/build/progress.ts";
import { Watch } from "../../../../src/cell/build/watch.ts";
import { readOrderLine } from "../../../../src/cell/channel/lifeLine.ts";
import { createPrinter } from "../../../../src/cell/channel/printer.ts";

/** Text as chunks of one byte, since chunks may end anywhere. */
const byteChunks = (text: string) => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));

describe("the watch of a build's output", () => {
  it("finds the signs of trouble across chunks", () => {
    const watch = new Watch();
    for (const chunk of byteChunks("x\nwrite error: No space left on device\n")) watch.write(chunk);

    expect(watch).toMatchObject({ diskFull: true, killed: false });
    for (const chunk of byteChunks("g++: fatal error: Killed signal terminated program cc1plus")) watch.write(chunk);
    expect(watch).toMatchObject({ diskFull: true, killed: true });
  });

  it("finds nothing in ordinary output", () => {
    const watch = new Watch();
    for (const chunk of byteChunks("No space for doubt; Killed signal handling test passed")) watch.write(chunk);

    expect(watch).toMatchObject({ diskFull: false, killed: false });
  });
});

describe("the progress of a build", () => {
  const line = (name: string) =>
    `2026-11-24@03:51:26:DEBUG:hello:${name}:7: aliBuild: start building ${name}-1 at 1795492286\n`;

  async function reportsOf(...steps: readonly (readonly [ms: number, text: string])[]): Promise<readonly string[]> {
    let now = 0;
    const messages: string[] = [];
    const progress = new Progress({ monotonic: () => now }, async (message) => void messages.push(message));
    for (const [ms, text] of steps) {
      now = ms;
      for (const chunk of byteChunks(text)) await progress.write(chunk);
    }
    return messages;
  }

  it("reports each package at its begin", async () => {
    expect(await reportsOf([0, line("zlib")], [5_000, line("ROOT")])).toEqual(["building zlib-1", "building ROOT-1"]);
  });

  it("is repeated each minute during output, and reported at most once a second", async () => {
    const output = [
      [0, line("O2")],
      [59_000, "[10/4000] Building CXX\n"],
      [61_000, "[20/4000] Building CXX\n"],
      [61_100, line("O2Physics")],
      [61_900, line("QualityControl")],
      [62_500, "x"],
    ] as const;

    expect(await reportsOf(...output)).toEqual(["building O2-1", "building O2-1", "building QualityControl-1"]);
  });
});

describe("the printer", () => {
  it("writes output up to its limit, then one note about the omitted rest", async () => {
    const stream = new PassThrough();
    const print = createPrinter(stream, 5);
    for (const text of ["abc", "defgh", "ijk"]) await print(Buffer.from(text));

    expect(stream.read().toString()).toBe("abcde\n[… output beyond 5 bytes is left out …]\n");
  });

  it("waits for a slow reader", async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    let done = false;
    const printing = createPrinter(stream)(Buffer.alloc(64)).then(() => {
      done = true;
    });
    await new Promise(setImmediate);
    expect(done).toBe(false);

    stream.resume();
    await printing;
  });
});

describe("the order line", () => {
  it("is the first line, and reports the end of the stream once", async () => {
    const input = new PassThrough();
    let cuts = 0;
    const line = readOrderLine(input, () => {
      cuts += 1;
    });
    for (const chunk of byteChunks('{"id":"é"}\n')) input.write(chunk);

    expect(await line).toBe('{"id":"é"}');
    expect(cuts).toBe(0);
    input.end("ignored");
    await new Promise((resolve) => input.once("end", resolve));
    expect(cuts).toBe(1);
  });

  it("is undefined if the stream ends before the first line", async () => {
    const input = new PassThrough();
    input.end('{"id":');

    expect(await readOrderLine(input, () => {})).toBeUndefined();
  });
});
