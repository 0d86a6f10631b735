import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logQuotasOf } from "../../../../src/cell/logs/quotas.ts";

const sizes = fc.array(fc.nat({ max: 2 ** 40 }), { maxLength: 30 });
const limit = fc.nat({ max: 2 ** 32 });
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe("the division of a log limit", () => {
  it("sends all files completely within the limit", () => {
    expect(logQuotasOf([10, 0, 20], 30)).toEqual([
      { head: 10, tail: 0 },
      { head: 0, tail: 0 },
      { head: 20, tail: 0 },
    ]);
  });

  it("sends small files completely, and of large ones a quarter of the share from the beginning", () => {
    expect(logQuotasOf([10, 1000, 2000], 810)).toEqual([
      { head: 10, tail: 0 },
      { head: 100, tail: 300 },
      { head: 100, tail: 300 },
    ]);
  });

  it("never exceeds the limit or the size of a file", () => {
    fc.assert(
      fc.property(sizes, limit, (files, most) => {
        const sent = logQuotasOf(files, most).map(({ head, tail }) => head + tail);
        expect(sum(sent)).toBeLessThanOrEqual(most);
        for (const [index, bytes] of sent.entries()) expect(bytes).toBeLessThanOrEqual(files[index] ?? 0);
      }),
    );
  });

  it("uses the limit except for less than one byte for each cut file", () => {
    fc.assert(
      fc.property(sizes, limit, (files, most) => {
        const sent = logQuotasOf(files, most).map(({ head, tail }) => head + tail);
        const cut = sent.filter((bytes, index) => bytes < (files[index] ?? 0)).length;
        if (cut > 0) expect(most - sum(sent)).toBeLessThan(cut);
        else expect(sum(sent)).toBe(sum(files));
      }),
    );
  });

  it("never sends less of a file than of a smaller file", () => {
    fc.assert(
      fc.property(sizes, limit, (files, most) => {
        const order = files.map((size, index) => ({ size, index })).sort((a, b) => a.size - b.size);
        const all = logQuotasOf(files, most);
        const sent = order.map(({ index }) => (all[index]?.head ?? 0) + (all[index]?.tail ?? 0));
        expect(sent).toEqual(sent.toSorted((a, b) => a - b));
      }),
    );
  });
});
