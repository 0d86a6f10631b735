import { describe, expect, it } from "vitest";
import { importTree } from "../../../../src/core/definitions/import.ts";
import { parsePool } from "../../../../src/core/definitions/parse.ts";

const read = (onlyWhenChanged: readonly unknown[]) =>
  parsePool({
    apiVersion: "ci.alice.cern.ch/v1alpha1",
    kind: "BuilderPool",
    metadata: { name: "o2" },
    spec: { package: "O2", repository: "o/r", onlyWhenChanged },
  });

describe("the paths of a check", () => {
  it.each(["DATA/", "DATA", "src/*.cxx", ":!docs/", ":^docs", "a..b", "..a/b..", "./x", "with blank", "ä"])(
    "can be %j",
    (path) => {
      const { pool, problems } = read([path]);
      expect(problems).toEqual([]);
      expect(pool?.spec.onlyWhenChanged).toEqual([path]);
    },
  );

  it.each(["/DATA/", "//x", "../x", "a/../x", "a/..", "..", ":/x", ":(literal)x", ":", ":!/x", ":!../x", "", "a\nb"])(
    "cannot be %j, which git refuses or reads as something else",
    (path) => {
      const { problems } = read(["DATA/", path]);
      expect(problems).toHaveLength(1);
      expect(problems[0]?.message).toContain("expected a path from the top of the repository, such as DATA/");
    },
  );

  const imported = (paths: string) =>
    importTree([
      { path: "role/box/c.env", text: `CHECK_NAME=c\nPR_REPO=o/r\nPACKAGE=p\nONLY_RUN_WHEN_CHANGED='${paths}'\n` },
    ]);

  it("are relative to the top of the repository after an import, with a warning", () => {
    const { pools, findings } = imported("/DATA/ MC/");
    expect(JSON.stringify(pools)).toContain('"onlyWhenChanged":["DATA/","MC/"]');
    expect(findings.map(({ message }) => message)).toContain(
      "ONLY_RUN_WHEN_CHANGED has /DATA/, which git refuses; it becomes DATA/",
    );
  });

  it("are left out of an import with an error if git cannot use one", () => {
    const { pools, findings } = imported("DATA/ ../x");
    expect(JSON.stringify(pools)).not.toContain("onlyWhenChanged");
    expect(findings.map(({ message }) => message)).toContain(
      "ONLY_RUN_WHEN_CHANGED is left out: expected paths from the top of the repository, such as DATA/, found ../x",
    );
  });
});
