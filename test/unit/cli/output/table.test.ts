import { describe, expect, it } from "vitest";
import { cut, formatTable } from "../../../../src/cli/output/table.ts";

describe("a table", () => {
  const columns = [
    { heading: "NAME", cell: (row: { name: string; n: number }) => row.name },
    { heading: "N", cell: (row: { name: string; n: number }) => String(row.n), right: true },
  ];

  it("aligns columns, numbers to the right, without trailing blanks", () => {
    expect(
      formatTable(columns, [
        { name: "o2", n: 5 },
        { name: "alidist", n: 120 },
      ]),
    ).toBe(["NAME       N", "o2         5", "alidist  120"].join("\n"));
  });

  it("shows an empty cell as a dash, so scripts can count columns", () => {
    expect(formatTable(columns, [{ name: "", n: 1 }]).split("\n")[1]).toBe("-     1");
  });

  it("cuts long lines and marks the cut with an ellipsis", () => {
    expect(formatTable(columns, [{ name: "a-very-long-name", n: 1 }], 8).split("\n")[1]).toBe("a-very-…");
    expect(cut("äöü", 2)).toBe("ä…");
  });
});
