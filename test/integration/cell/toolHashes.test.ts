import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCell } from "../../support/cell/startCell.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";

/** A folder with a wheel of aliBuild that PyPI does not have. */
function aFalseIndex(release: string): string {
  const index = mkdtempSync(join(tmpdir(), "builderpool-index-"));
  onTestFinished(() => rmSync(index, { recursive: true }));
  const facts = join(index, `alibuild-${release}.dist-info`);
  mkdirSync(facts);
  writeFileSync(join(facts, "METADATA"), `Metadata-Version: 2.1\nName: alibuild\nVersion: ${release}\n`);
  writeFileSync(join(facts, "WHEEL"), "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  writeFileSync(join(facts, "RECORD"), "");
  const wheel = join(index, `alibuild-${release}-py3-none-any.whl`);
  execFileSync("python3", ["-m", "zipfile", "-c", wheel, facts]);
  return index;
}

describe("the default aliBuild of checks", () => {
  it("is installed only from files with the known hashes", async () => {
    const world = aCellWorld();
    const order = world.order({ task: "selftest" });
    const { outcome } = await runCell(
      { ...order, paths: { ...order.paths, tools: join(world.root, "own-tools") } },
      { env: { PIP_NO_INDEX: "1", PIP_FIND_LINKS: aFalseIndex(helloCheck.tool.alibuild) } },
    );
    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "ToolInstallFailed" });
    expect(outcome?.kind === "Infrastructure" && outcome.message).toMatch(/hash|Got +[0-9a-f]{64}/i);
  });

  it("is installed from the index, and passes its self-test", async () => {
    const world = aCellWorld();
    const order = world.order({ task: "selftest" });
    const tools = join(world.root, "own-tools");
    mkdirSync(tools);
    const { outcome } = await runCell({ ...order, paths: { ...order.paths, tools } });
    expect(outcome).toMatchObject({ kind: "Done" });
  });
});
