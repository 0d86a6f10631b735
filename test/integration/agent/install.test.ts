import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { agentBundle } from "../../../scripts/build/agent.ts";
import { node } from "../../support/cell/serveCell.ts";
import { bundlesIn, versionEdit } from "../../support/host/versions.ts";

const repository = resolve(import.meta.dirname, "../../..");

/** Calls `installService` and `stageUpdate` with their real folders, and prints each result as JSON. */
const steps = `
import { readdirSync } from "node:fs";
const source = (path) => import(process.argv[2] + "/src/agent/service/" + path);
const { installService } = await source("install.ts");
const { stageUpdate } = await source("update.ts");
const [, , , bundle, other, next, sha256, otherSha256, nextSha256] = process.argv;
const say = (value) => console.log(JSON.stringify(value));
const root = "/usr/local/lib/builderpool/mac1";
const node = process.execPath;
const update = (source, sha256) => stageUpdate({ source, sha256, root, node }).then(say, (error) => say(error.message));
const install = () => installService({ name: "mac1", folder: "/var/lib/builderpool/mac1", bundle, version: "0.1.0", node, workDir: "/mnt" });
say(await install());
await update(bundle, sha256);
await update(other, sha256);
await update(other, otherSha256);
await update(next, nextSha256);
say(readdirSync(root).toSorted());
say(await install());
`;

/** Own, empty folders in the place of the system's. */
const isolated = `
for folder in /usr/local/lib /usr/local/bin /var/log /run; do mount -t tmpfs private $folder; done
mkdir -p /var/lib/builderpool; mount -t tmpfs private /var/lib/builderpool
"$@"
ls /usr/local/lib/builderpool/mac1 | xargs
cat /usr/local/lib/builderpool/mac1/current
/usr/local/lib/builderpool/mac1/start 2>&1 || echo "exit $?"
/usr/local/bin/builderpool --version
`;

describe.runIf(process.getuid?.() === 0)("an installation of the bundle", () => {
  it("starts with its starter, refuses an update with another digest, the same version, or a broken program, and ends the trial of an update when it is repeated", async () => {
    const root = mkdtempSync(join(tmpdir(), "builderpool-install-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const write = await bundlesIn(root);
    const [bundle, other, script] = [join(root, agentBundle), join(root, "other.mjs"), join(root, "steps.mjs")];
    const next = write("next", [versionEdit("0.1.1")]);
    writeFileSync(other, "this is no program\n");
    writeFileSync(script, steps);
    const digest = async (file: string) => (await execa("sha256sum", [file])).stdout.split(" ")[0] ?? "";
    const args = [script, repository, bundle, other, next, ...(await Promise.all([bundle, other, next].map(digest)))];
    const { stdout } = await execa("unshare", ["-m", "sh", "-ec", isolated, "sh", node, ...args]);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/no service manager was found.*mac1\/start","log: \/var\/log\/builderpool\/mac1\.log"/),
      expect.stringMatching(/version 0\.1\.0-[0-9a-f]{8} is the current one already; nothing was changed/),
      expect.stringMatching(/has the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}; nothing was changed/),
      expect.stringMatching(/the new version fails its self-check, so nothing was changed/),
      expect.stringMatching(/^"0\.1\.1-[0-9a-f]{8}"$/),
      '["current","previous","start","trial","versions"]',
      expect.stringMatching(/no service manager was found/),
      "current previous start versions",
      expect.stringMatching(/^0\.1\.0-[0-9a-f]{8}$/),
      expect.stringMatching(/there is no agent in \/var\/lib\/builderpool\/mac1; run `builderpool agent enrol -`/),
      "exit 2",
      "0.1.0",
    ]);
  });
});
