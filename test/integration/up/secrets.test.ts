import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { listProcesses } from "../../../src/builder/machine/processes.ts";
import { anInstallation, greeting, hello, type Installation, type UpProcess } from "../../support/up/installation.ts";

const Report = z.object({
  uid: z.int(),
  /** Location and secret. */
  found: z.array(z.string()),
  readable: z.array(z.string()),
  writable: z.array(z.string()),
  environment: z.array(z.string()),
  processes: z.int(),
});
type Report = z.infer<typeof Report>;

const spyProgram = readFileSync(join(import.meta.dirname, "../../support/up/spy.py"), "utf8");
const fileToken = "ghp_TheTokenOfTheSecret";
/** Not a secret: proves that the spy finds readable values. */
const decoy = "ghp_Decoy";

if (process.getuid?.() !== 0) console.log("secrets.test.ts is left out: only root can run builds as another user");

describe.runIf(process.getuid?.() === 0 && process.platform === "linux")(
  "a pull request that searches for secrets",
  () => {
    let machine: Installation;
    let up: UpProcess;
    let reports = "";
    /** PATH without unshare, as on a machine without namespaces. */
    let poorPath = "";
    /** Another program of this machine, as a user that `up` gives to no build. */
    const inEnvironment = spawn("sleep", ["600"], {
      uid: 61_002,
      gid: 61_002,
      env: { PATH: process.env["PATH"], DECOY: decoy },
    });

    beforeAll(async () => {
      machine = await anInstallation();
      reports = join(machine.directory, "reports");
      mkdirSync(reports);
      chmodSync(reports, 0o777);
      poorPath = mkdtempSync(join(tmpdir(), "path-"));
      chmodSync(poorPath, 0o755);
      const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => /^\/usr\/|^\/bin/.test(folder));
      for (const folder of folders.filter((path) => path !== "")) linkAll(folder, poorPath);
      mkdirSync(join(machine.workDir, "secrets/bot"), { recursive: true });
      writeFileSync(join(machine.workDir, "secrets/bot/token"), fileToken); // readable for all users, the default mode
      machine.github.accounts.addToken(fileToken, "bot");
      mkdirSync(join(machine.workDir, "builders"), { recursive: true });
      writeFileSync(join(machine.workDir, "builders/decoy"), decoy);
      const { apiUrl, gitUrl } = machine.github;
      await machine.declare({
        instances: 2,
        trust: { approvals: "Strict" },
        github: { apiUrl, gitUrl, pollInterval: "1s", secretRef: { name: "bot" } },
      });
    });
    afterAll(async () => {
      inEnvironment.kill("SIGKILL");
      rmSync(poorPath, { recursive: true });
      await machine.close();
    });

    function linkAll(folder: string, into: string): void {
      for (const name of readdirSync(folder).filter((one) => one !== "unshare")) {
        try {
          symlinkSync(join(folder, name), join(into, name));
        } catch {
          // An earlier folder of PATH contains the program.
        }
      }
    }

    async function spy(name: string): Promise<Report> {
      const report = join(reports, name);
      const { number, commit } = await machine.propose(name, {
        ...greeting(`Hello, ${name}`),
        "test/spy.test": `/usr/bin/python3 ./test/spy.py ${report} ${machine.workDir}\n`,
        "test/spy.py": spyProgram,
      });
      await expect.poll(() => machine.statuses(commit).at(-1), { timeout: 90_000 }).toMatch(/^(success|error)/);
      expect(machine.github.state.comments(hello, number)).toEqual([]);
      return Report.parse(JSON.parse(readFileSync(report, "utf8")));
    }

    afterEach(async () => {
      up.kill("SIGKILL");
      await up.ended;
    });

    /** Processes of `up` and their descendants with a secret in the environment or command line. */
    async function exposed(): Promise<readonly string[]> {
      const table = await listProcesses();
      const tree = new Set([up.pid]);
      for (let size = 0; size < tree.size; ) {
        size = tree.size;
        for (const { pid, parent } of table) if (tree.has(parent)) tree.add(pid);
      }
      expect(tree.size).toBeGreaterThanOrEqual(1);
      return [...tree].flatMap((pid) =>
        ["environ", "cmdline"].map((name) => `/proc/${pid}/${name}`).filter((path) => /ghp_The/.test(textOf(path))),
      );
    }

    function textOf(path: string): string {
      try {
        return readFileSync(path, "latin1");
      } catch {
        return ""; // the process has ended
      }
    }

    it("finds none as its own user in its own namespace, and can change only its work area", async () => {
      const umask = process.umask(0); // `up` must not depend on the umask of its shell
      up = machine.up();
      process.umask(umask);
      await up.line(/hello-0: ready/);
      await up.line(/hello-1: ready/);
      const seen = new Set<string>();
      const watch = setInterval(() => {
        void exposed().then((paths) => {
          for (const path of paths) seen.add(path);
        });
      }, 100);
      const report = await spy("alone");
      clearInterval(watch);
      expect([...seen]).toEqual([]);
      expect(report.uid).toBeGreaterThanOrEqual(63_002);
      expect(inEnvironment.exitCode ?? inEnvironment.signalCode).toBeNull();
      expect(report.found).toEqual([`builders/decoy ${decoy}`]);
      expect(report.environment.filter((name) => /TOKEN|SECRET|ACCESS_KEY|BUILDERPOOL_WORK/.test(name))).toEqual([]);
      expect(report.writable).toEqual([]);
    });

    it("finds none as its own user without a namespace", async () => {
      const umask = process.umask(0o077);
      up = machine.upAs({ path: poorPath });
      process.umask(umask);
      await up.line(/builds share the process table of this machine/);
      const report = await spy("among-others");
      expect(report.processes).toBeGreaterThan(5);
      expect(report.found.filter((line) => !line.endsWith(` ${decoy}`))).toEqual([]);
      expect(report.found).toContain(`builders/decoy ${decoy}`);
      expect(report.found).not.toContain(`/proc/PID/environ ${decoy}`);
    });

    it("as the user of `up` is announced in the first line with the reachable secrets", async () => {
      await execa("chown", ["-R", "65534:65534", machine.workDir, machine.poolFile]);
      up = machine.upAs({ uid: 65534, path: poorPath });
      await up.line(
        /builds run as the user of this process: they can read its files, credentials in `secrets\/` included, and the GitHub token in its memory/,
      );
      await up.line(/hello-0: ready/);
      expect(await exposed()).toEqual([]);
    });

    it("leaves no secret in the work folder, on GitHub or in the output of commands", async () => {
      rmSync(join(machine.workDir, "secrets"), { recursive: true });
      const { stdout } = await execa("grep", ["-rlaE", "ghp_The", machine.workDir], { reject: false });
      expect(stdout).toBe("");
      expect(JSON.stringify(machine.github.state.records.repositories)).not.toMatch(/ghp_The/);
      expect(machine.github.state.pullRequest(hello, 1).commits).toHaveLength(1);
      for (const kind of ["pools", "builders", "builds"] as const)
        expect(JSON.stringify(await machine.get(kind))).not.toMatch(/ghp_The/);
      expect(up.output()).not.toMatch(/ghp_The/);
    });
  },
);
