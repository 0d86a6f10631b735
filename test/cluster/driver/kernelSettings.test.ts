import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { restoreKernelSettings } from "../../support/cluster/local/kernelSettings.ts";
import { layoutOf } from "../../support/cluster/local/layout.ts";

it("a cluster is taken down, and the next one comes up, though a full disk or a death left its notes of the kernel's settings empty", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kernel-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "kernel-settings.json"), "");
  await restoreKernelSettings({ ...layoutOf(0), folder: join(folder, "0") });
  expect(readdirSync(folder)).toEqual([]);
});
