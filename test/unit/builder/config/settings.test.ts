import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { sandboxOf } from "../../../../src/builder/config/sandbox.ts";
import { createSettingsReader } from "../../../../src/builder/config/settings.ts";
import { createLog } from "../../../../src/system/log.ts";
import { poolObject } from "../../../support/builder/builderWorld.ts";

function aReader(silent: boolean) {
  const sandbox = sandboxOf(mkdtempSync(join(tmpdir(), "builderpool-settings-")));
  onTestFinished(() => rmSync(join(sandbox.config, ".."), { recursive: true, force: true }));
  for (const folder of [sandbox.config, sandbox.state]) mkdirSync(folder, { recursive: true });
  const state = { pool: poolObject({ silent }) };
  const reader = createSettingsReader({
    world: { name: "o2-0", revision: "r1", log: createLog({ level: "silent" }) },
    sandbox,
    status: { setStatus: () => {} },
    setNote: () => {},
    self: () => undefined,
    pool: () => state.pool,
  });
  return { reader, state, sandbox, writeSilent: (text: string) => writeFileSync(join(sandbox.config, "silent"), text) };
}

it.each(["true\n", "please"])("is silent by the file %j in the moment when the pool becomes loud", async (text) => {
  const { reader, state, writeSilent } = aReader(true);
  writeSilent(text);
  await reader.refresh();
  state.pool = poolObject({ silent: false });
  expect(reader.isSilent()).toBe(true);
  await reader.refresh();
  expect(reader.isSilent()).toBe(true);
});

it("is not silent by itself while only its pool is silent", async () => {
  const { reader, state } = aReader(true);
  await reader.refresh();
  expect([reader.settings().silent, reader.isSilent()]).toEqual([true, false]);
  state.pool = poolObject({ silent: false });
  await reader.refresh();
  expect(reader.settings().silent).toBe(false);
});

it("takes its own file for no person's after a failed write of its memory", async () => {
  const { reader, state, sandbox } = aReader(true);
  const blocked = join(sandbox.state, "config.json.new");
  mkdirSync(blocked);
  await reader.refresh();
  rmSync(blocked, { recursive: true });
  await reader.refresh();
  state.pool = poolObject({ silent: false });
  await reader.refresh();
  expect(reader.settings().silent).toBe(false);
});
