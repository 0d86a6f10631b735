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
    expect(formatTable(columns, [{ name: "a-very-long-name", n: 1 }], { width: 8 }).split("\n")[1]).toBe("a-very-…");
    expect(cut("äöü", 2)).toBe("ä…");
  });

  it("counts the cells of wide characters and emoji", () => {
    const rows = [
      { name: "漢字", n: 1 },
      { name: "👩‍🔬", n: 2 },
      { name: "e\u0301e", n: 3 },
    ];
    expect(formatTable(columns, rows).split("\n")).toEqual(["NAME  N", "漢字  1", "👩‍🔬    2", "e\u0301e    3"]);
    expect(cut("漢字漢字", 5)).toBe("漢字…");
  });

  it("cuts the widest cuttable columns first, and a start where the end matters", () => {
    const wide = [
      { heading: "CHECK", cell: () => "build/AliceO2/O2/o2-dataflow", cuts: "end" as const },
      { heading: "PR", cell: () => "AliceO2Group/AliceO2#12345", cuts: "start" as const },
      { heading: "VERDICT", cell: () => "Failure" },
    ];
    expect(formatTable(wide, [{}], { width: 40 }).split("\n")).toEqual([
      "CHECK           PR               VERDICT",
      "build/AliceO2…  …/AliceO2#12345  Failure",
    ]);
  });

  it("colours a cell, not the same word in another cell", () => {
    const coloured = [
      { heading: "TITLE", cell: () => "Failure" },
      { heading: "VERDICT", cell: () => "Failure", colour: () => "red" as const },
    ];
    const line = formatTable(coloured, [{}], { isColoured: true }).split("\n")[1];
    expect(line).toBe("Failure  \u001b[31mFailure\u001b[39m");
  });
});
