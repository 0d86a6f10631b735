import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CellEvent } from "../../../../src/api/cell/event.ts";
import { createEventLines } from "../../../../src/builder/cells/eventLines.ts";

function parseChunks(chunks: readonly Uint8Array[]): {
  readonly events: readonly CellEvent[];
  readonly invalidLines: number;
} {
  const events: CellEvent[] = [];
  const lines = createEventLines((event) => events.push(event));
  for (const chunk of chunks) lines.write(chunk);
  return { events, invalidLines: lines.invalidLines() };
}

describe("the event stream of a cell", () => {
  it("gives the events in order for any chunk size", () => {
    const sent: CellEvent[] = [
      { event: "step", step: "build" },
      { event: "progress", message: "ü → 漢" },
      { event: "logText", text: "a\nb" },
    ];
    const bytes = Buffer.from(sent.map((event) => `${JSON.stringify(event)}\n`).join(""));
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(parseChunks(chunks)).toEqual({ events: sent, invalidLines: 0 });
      }),
    );
  });

  it.each(["invalidLines", "{}", '{"event":"step","step":"dance"}', "null", "\u0000"])(
    "drops and counts %j",
    (line) => {
      const { events, invalidLines } = parseChunks([Buffer.from(`${line}\n{"event":"step","step":"build"}\n`)]);
      expect(events).toEqual([{ event: "step", step: "build" }]);
      expect(invalidLines).toBe(1);
    },
  );

  it("survives an endless line without storing it", () => {
    const endless = Array.from({ length: 100 }, () => Buffer.alloc(2 ** 16, "x"));
    const { events, invalidLines } = parseChunks([...endless, Buffer.from('\n{"event":"step","step":"build"}\n')]);
    expect(events).toHaveLength(1);
    expect(invalidLines).toBe(1);
  });
});
