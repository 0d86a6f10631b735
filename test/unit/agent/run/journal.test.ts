import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createJournal } from "../../../../src/agent/run/journal.ts";
import { readReport } from "../../../../src/agent/state/report.ts";
import { systemClock as clock } from "../../../../src/system/clock.ts";
import { createLog } from "../../../../src/system/log.ts";

it("the report of an agent is about the running process from its start on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "builderpool-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const world = { clock, log: createLog({ level: "silent" }) };
  const first = createJournal(folder, { pid: 1, version: "0.1.0", port: 1 }, world);
  first.setConnected(true);
  await first.flush();
  expect(await readReport(folder)).toMatchObject({ pid: 1, connectedSince: expect.any(String) });

  await createJournal(folder, { pid: 2, version: "0.1.1", port: 2 }, world).flush();
  const report = await readReport(folder);
  expect(report).toMatchObject({ pid: 2, version: "0.1.1", phase: "Pending" });
  expect(report?.connectedSince).toBeUndefined();
});
