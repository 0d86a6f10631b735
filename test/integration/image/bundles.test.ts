import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bundle, programs } from "../../../scripts/build/bundle.ts";
import { follow, node } from "../../support/cell/serveCell.ts";

const root = resolve(import.meta.dirname, "../../..");

describe.each(Object.entries(programs))("the bundle of %s", (name, source) => {
  it("says with one sentence and exit code 64 what is wrong with how it was started, whatever it lacks", async () => {
    const folder = mkdtempSync(join(tmpdir(), "builderpool-bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await bundle(join(root, source), name, folder);
    const file = join(folder, `${name}.mjs`);
    const { ended, output } = follow(spawn(node, [file], { cwd: "/", env: {}, stdio: ["ignore", "pipe", "pipe"] }));
    expect(await ended).toMatchObject({ code: 64 });
    expect(output()).toMatch(/expected|file descriptor 3 is closed|the environment of the .* is wrong:\n/);
    expect(output()).not.toMatch(/^\s+at /m);
  });
});
