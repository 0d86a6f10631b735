import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { Kind, Stored } from "../../../src/api/objects/kinds.ts";
import { helloSources, recipes } from "../alidist/sources.ts";
import { type StandIn, startStandIn } from "../github/standIn.ts";

export const program = resolve(import.meta.dirname, "../../../bin/builderpool");
export const hello = "alice/hello";
export const alidist = "alisw/alidist";
export const check = "build/hello/o2";

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `builderpool up`. */
export interface UpProcess {
  readonly pid: number;
  /** The whole output so far. */
  output(): string;
  /** Resolves with the first matching line. Rejects when `up` ends or after `ms` milliseconds. */
  line(pattern: RegExp, ms?: number): Promise<string>;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** One machine before the start of `up`: a GitHub stand-in with two repositories, a pool file and a work folder. */
export interface Installation {
  readonly github: StandIn;
  readonly directory: string;
  readonly workDir: string;
  readonly poolFile: string;
  /** Writes the pool file. Defaults: one builder, no warm-up builds. */
  declare(spec?: object, name?: string): Promise<void>;
  /** Opens a pull request of `hello` and returns number and commit. */
  propose(
    title: string,
    files: Readonly<Record<string, string>>,
    more?: object,
  ): Promise<{ readonly number: number; readonly commit: string }>;
  up(...flags: string[]): UpProcess;
  /** Starts `up` as another user, or with another PATH. */
  upAs(how: { readonly uid?: number; readonly path?: string }, ...flags: string[]): UpProcess;
  run(...args: string[]): Promise<Ended>;
  get<K extends Kind>(kind: "pools" | "builders" | "builds"): Promise<readonly Stored<K>[]>;
  /** Statuses of the check on a commit in writing order, as `state description`. */
  statuses(commit: string): readonly string[];
  close(): Promise<void>;
}

/** `src/greeting.cxx` with this text, the line that pull requests change. */
export function greeting(text: string): Readonly<Record<string, string>> {
  return { "src/greeting.cxx": `const char* greeting()\n{\n  return "${text}";\n}\n` };
}

export async function anInstallation(): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), "builderpool-up-"));
  await chmod(directory, 0o711); // builds run as their own user, which must be able to enter the work folder
  const github = await startStandIn({ directory: join(directory, "github"), token: "ghp_TheTokenNobodyMaySee" });
  await github.state.createRepository({ repository: alidist, files: recipes() });
  await github.state.createRepository({ repository: hello, files: helloSources() });
  const workDir = join(directory, "work");
  const poolFile = join(directory, "pool.yaml");
  const running = new Set<UpProcess>();
  const env = (more: object = {}) => ({ PATH: process.env["PATH"] ?? "", HOME: directory, ...more });

  const installation: Installation = {
    github,
    directory,
    workDir,
    poolFile,
    async declare(spec = {}, name = "hello") {
      const { apiUrl, gitUrl } = github;
      const common = {
        package: "hello",
        repository: hello,
        instances: 1,
        architecture: "fedora33_x86-64",
        jobs: 1,
        warmup: { builds: "None" },
        cleanup: { minFree: "1Ki" },
        github: { apiUrl, gitUrl, pollInterval: "1s" },
      };
      await writeFile(
        poolFile,
        stringify({
          apiVersion: "ci.alice.cern.ch/v1alpha1",
          kind: "BuilderPool",
          metadata: { name },
          spec: { ...common, ...spec },
        }),
      );
    },
    async propose(title, files, more = {}) {
      const pull = await github.state.openPullRequest({ repository: hello, title, files, ...more });
      return { number: pull.number, commit: pull.commits.at(-1)?.oid ?? "" };
    },
    up: (...flags) => installation.upAs({}, ...flags),
    upAs({ uid, path }, ...flags) {
      const args = [
        "up",
        "-f",
        poolFile,
        "--work-dir",
        workDir,
        "--listen",
        "127.0.0.1:0",
        "--log-level",
        "debug",
        ...flags,
      ];
      const process = follow(
        spawn(program, args, {
          ...(uid !== undefined && { uid, gid: uid }),
          env: env({ GITHUB_TOKEN: github.token, ...(path !== undefined && { PATH: path }) }),
          stdio: ["ignore", "pipe", "pipe"],
        }),
      );
      running.add(process);
      return process;
    },
    run: (...args) =>
      follow(spawn(program, args, { env: env({ BUILDERPOOL_WORK_DIR: workDir }), stdio: ["ignore", "pipe", "pipe"] }))
        .ended,
    async get(kind) {
      const { stdout } = await installation.run("get", kind, "-o", "json");
      return JSON.parse(stdout).items;
    },
    statuses: (commit) =>
      github.state
        .statuses(hello, commit)
        .toSorted((a, b) => a.id - b.id)
        .map(({ state, description }) => `${state} ${description ?? ""}`.trim()),
    async close() {
      for (const process of running) process.kill("SIGKILL");
      await Promise.all([...running].map(({ ended }) => ended));
      await github.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return installation;
}

function follow(child: ChildProcess): UpProcess {
  let stdout = "";
  let stderr = "";
  let isOver = false;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done) => {
    child.once("close", (exitCode) => {
      isOver = true;
      done({ exitCode, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => stdout + stderr,
    kill: (signal) => void child.kill(signal),
    async line(pattern, ms = 90_000) {
      for (let waited = 0; waited < ms && !isOver; waited += 50) {
        const found = (stdout + stderr).split("\n").find((line) => pattern.test(line));
        if (found !== undefined) return found;
        await sleep(50);
      }
      throw new Error(
        `no line ${pattern} ${isOver ? "before it ended" : `within ${ms} ms`}; it printed:\n${stdout}${stderr}`,
      );
    },
  };
}
