import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CellEvent } from "../../../../src/api/cell/event.ts";
import { createEventLines } from "../../../../src/builder/cells/eventLines.ts";

function hear(chunks: readonly Uint8Array[]): { readonly events: readonly CellEvent[]; readonly invalidLines: number } {
  const events: CellEvent[] = [];
  const lines = createEventLines((event) => events.push(event));
  for (const chunk of chunks) lines.write(chunk);
  return { events, invalidLines: lines.invalidLines() };
}

describe("the events of a cell", () => {
  it("are heard in order, however the stream is cut", () => {
    const said: CellEvent[] = [
      { event: "step", step: "build" },
      { event: "progress", message: "ü → 漢" },
      { event: "logText", text: "a\nb" },
    ];
    const bytes = Buffer.from(said.map((event) => `${JSON.stringify(event)}\n`).join(""));
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (places) => {
        const edges = [0, ...places.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(hear(chunks)).toEqual({ events: said, invalidLines: 0 });
      }),
    );
  });

  it.each(["invalidLines", "{}", '{"event":"step","step":"dance"}', "null", "\u0000"])(
    "leave out and count %j",
    (line) => {
      const { events, invalidLines } = hear([Buffer.from(`${line}\n{"event":"step","step":"build"}\n`)]);
      expect(events).toEqual([{ event: "step", step: "build" }]);
      expect(invalidLines).toBe(1);
    },
  );

  it("survive a line that never ends, without keeping it", () => {
    const endless = Array.from({ length: 100 }, () => Buffer.alloc(2 ** 16, "x"));
    const { events, invalidLines } = hear([...endless, Buffer.from('\n{"event":"step","step":"build"}\n')]);
    expect(events).toHaveLength(1);
    expect(invalidLines).toBe(1);
  });
});
