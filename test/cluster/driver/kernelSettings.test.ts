import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { restoreKernelSettings } from "../../support/cluster/local/kernelSettings.ts";
import { layoutOf } from "../../support/cluster/local/layout.ts";

it("stops a cluster and starts the next one although a full disk or a crash left its saved kernel settings empty", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kernel-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "kernel-settings.json"), "");
  await restoreKernelSettings({ ...layoutOf(0), folder: join(folder, "0") });
  expect(readdirSync(folder)).toEqual([]);
});
