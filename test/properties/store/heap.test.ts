import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeap } from "../../../src/store/queue/heap.ts";

describe("a heap", () => {
  it("returns the first item after any sequence of pushes and shifts", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }))), (steps) => {
        const heap = createHeap<number>((a, b) => a < b);
        let held: number[] = [];
        for (const step of steps) {
          if (step === null) {
            heap.shift();
            held = held.slice(1);
          } else {
            heap.push(step);
            held = [...held, step].sort((a, b) => a - b);
          }
          expect(heap.first()).toBe(held[0]);
        }
      }),
    );
  });
});
