import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeCredential } from "../../../src/agent/state/credential.ts";
import { writeSettings } from "../../../src/agent/state/settings.ts";
import { node } from "../../support/cell/serveCell.ts";
import { aToken } from "../../support/host/token.ts";
import { bundlesIn, type Edit, versionEdit } from "../../support/host/versions.ts";

const repository = resolve(import.meta.dirname, "../../..");

/** Installs the first version with the real installation. */
const install = `
const { installService } = await import(process.argv[2] + "/src/agent/service/install.ts");
const [, , , folder, bundle] = process.argv;
await installService({ name: "mac1", folder, bundle, version: "0.1.0", node: process.execPath });
`;

/** Own folders in the place of the system's, a service manager that starts the agent again, and an update. */
const machine = `
for folder in /usr/local/lib /usr/local/bin /var/log; do mount -t tmpfs private $folder; done
node=$1 repository=$2 root=$3 sha256=$4
"$node" $root/install.mjs $repository $root/state $root/first.mjs
while :; do /usr/local/lib/builderpool/mac1/start 2>> $root/errors || :; sleep 1; done &
until [ -e $root/state/running.json ]; do sleep 1; done
/usr/local/bin/builderpool agent update $root/next.mjs --sha256 $sha256 --name mac1 --state-dir $root/state
tries=0
until /usr/local/bin/builderpool agent status --state-dir $root/state | grep "the update to" || [ $tries -ge 30 ]; do
  tries=$((tries + 1)); sleep 3
done
cat /usr/local/lib/builderpool/mac1/current
`;

/** Updates an agent that cannot reach its cluster. Returns the lines of the update and of `agent status`. */
async function update(edits: readonly Edit[]): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-trial-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  const write = await bundlesIn(root);
  write("first", []);
  const next = write("next", [versionEdit("0.1.1"), ...edits]);
  const [folder, workDir] = [join(root, "state"), join(root, "work")];
  mkdirSync(workDir);
  const user = (uid: number) => ({ name: String(uid), uid, gid: uid });
  await writeSettings(folder, {
    ...{ name: "mac1", pool: "o2", server: "https://127.0.0.1:9", workDir, port: 0, version: "0.1.0" },
    ...{ cellUser: user(62_951), baseUser: user(63_951) },
  });
  await writeCredential(folder, { namespace: "ci", authority: "", token: aToken() }, Date);
  writeFileSync(join(root, "install.mjs"), install);
  const digest = createHash("sha256").update(readFileSync(next)).digest("hex");
  const isolated = ["-m", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", machine, "sh"];
  const { stdout } = await execa("unshare", [...isolated, node, repository, root, digest]);
  return stdout.split("\n").map((line) => line.trim());
}

const said = [
  expect.stringMatching(/^mac1: version 0\.1\.1-[0-9a-f]{8} is unpacked and passed its self-check$/),
  expect.stringMatching(/^mac1: the agent drains, then starts the new version; `builderpool agent status` shows it$/),
];

describe.runIf(process.platform === "linux" && process.getuid?.() === 0)("an update of a running agent", () => {
  it("goes back when the new version never becomes Ready, and says so", async () => {
    const limit: Edit = [/^(\tlimit(?:\$\d+)? = )3e5;$/gm, "$12e4;"];
    expect(await update([limit])).toEqual([
      ...said,
      expect.stringMatching(
        /^trouble +the update to 0\.1\.1-[0-9a-f]{8} was not Ready or Warming within 5 min \(Pending\), so the version before it runs; see its log$/,
      ),
      expect.stringMatching(/^0\.1\.0-[0-9a-f]{8}$/),
    ]);
  }, 600_000);

  it("goes back when the new version cannot start, and says so", async () => {
    const broken: Edit = [
      /^async function runAgent\(/gm,
      "async function runAgent() { throw new Error('broken'); }\nasync function unused(",
    ];
    expect(await update([broken])).toEqual([
      ...said,
      expect.stringMatching(
        /^trouble +the update to 0\.1\.1-[0-9a-f]{8} could not start, so the version before it runs; see its log$/,
      ),
      expect.stringMatching(/^0\.1\.0-[0-9a-f]{8}$/),
    ]);
  }, 600_000);
});
