import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { isRunning, LockedError, lockWorkDir } from "../../../../src/builder/machine/lock.ts";

const lockModule = resolve(import.meta.dirname, "../../../../src/builder/machine/lock.ts");
const program = `
  import { lockWorkDir } from ${JSON.stringify(lockModule)};
  try {
    lockWorkDir(process.argv[1]);
    console.log("locked");
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.message);
  }
`;

function starter(workDir: string) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, workDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = once(child.stdout, "data").then(([text]) => String(text).trim());
  return { child, said };
}

describe("the lock of the work folder", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("creates the folder, and can be taken again after its release", async () => {
    const workDir = join(folder, "a", "b");
    expect(await isRunning(workDir)).toBe(false);
    const lock = lockWorkDir(workDir);
    expect(await isRunning(workDir)).toBe(true);
    lock.release();
    expect(await isRunning(workDir)).toBe(false);
    lockWorkDir(workDir).release();
  });

  it("refuses a second holder with the process, the folder and the remedy", () => {
    const lock = lockWorkDir(folder);
    const sentence = `another \`builderpool up\` (process ${process.pid}) uses ${folder}; stop it, or choose another folder with --work-dir`;
    expect(() => lockWorkDir(folder)).toThrow(new LockedError(sentence));
    lock.release();
  });

  it.runIf(process.getuid?.() === 0)("is visible to a user without write permission until its release", async () => {
    chmodSync(folder, 0o755);
    const asked = `import { isRunning } from ${JSON.stringify(lockModule)}; console.log(await isRunning(process.argv[1]));`;
    const asOther = () =>
      execFileSync(process.execPath, ["--input-type=module", "-e", asked, folder], {
        uid: 65534,
        gid: 65534,
        encoding: "utf8",
      });
    const { child, said } = starter(folder);
    onTestFinished(() => void child.kill("SIGKILL"));
    expect(await said).toBe("locked");
    expect(asOther()).toBe("true\n");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(asOther()).toBe("false\n");
  });

  it("has exactly one holder after concurrent starts, and is free after that holder is killed", async () => {
    const starters = Array.from({ length: 3 }, () => starter(folder));
    const said = await Promise.all(starters.map((one) => one.said));
    const holder = starters[said.indexOf("locked")]?.child;
    expect(said.filter((text) => text === "locked")).toHaveLength(1);
    expect(said.filter((text) => text.includes(`(process ${holder?.pid})`))).toHaveLength(2);
    expect(await isRunning(folder)).toBe(true);
    for (const { child } of starters) child.kill("SIGKILL");
    for (const { child } of starters)
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    expect(await isRunning(folder)).toBe(false);
    lockWorkDir(folder).release();
  });
});
