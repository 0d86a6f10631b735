import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it, onTestFinished } from "vitest";
import { program } from "../../support/up/installation.ts";

it("bin/builderpool reports a Node in PATH that is too old, as with sudo or a service", async () => {
  const root = mkdtempSync(join(tmpdir(), "launcher-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ["bin", "old", "node_modules/zod"]) mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(program, join(root, "bin/builderpool"));
  writeFileSync(
    join(root, "old/node"),
    '#!/bin/sh\n[ "$1 $GITHUB_TOKEN" = "-p " ] && echo 20 || echo "a stack trace" >&2\n',
    {
      mode: 0o755,
    },
  );
  const env = { PATH: `${join(root, "old")}:/usr/bin:/bin`, GITHUB_TOKEN: "ghp_any" };
  const { exitCode, stderr } = await execa(join(root, "bin/builderpool"), ["get", "pools"], { env, reject: false });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 69,
    stderr: `builderpool: ${join(root, "old/node")} is older than Node 24; put a newer one first in PATH`,
  });
});
