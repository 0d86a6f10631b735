import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createMirrors } from "../../../src/builder/git/mirrors.ts";
import { type Clock, systemClock } from "../../../src/system/clock.ts";
import { createLog, type Log } from "../../../src/system/log.ts";
import { createRepository } from "../cell/repository.ts";

/** A signal that never aborts. */
export const never = new AbortController().signal;

/** A remote repository and the mirrors of one machine. */
export function aMirrorWorld(options: { readonly clock?: Clock; readonly log?: Log } = {}) {
  const root = mkdtempSync(join(tmpdir(), "builderpool-mirrors-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const hello = createRepository(join(root, "remote/o/hello"), { file: "one\n" });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", hello.path, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  const create = () =>
    createMirrors({
      directory: join(root, "mirrors"),
      clock: options.clock ?? systemClock,
      log: options.log ?? createLog({ level: "silent" }),
      environment: { PATH: process.env["PATH"] ?? "" },
      signal: never,
    });
  let mirrors = create();
  const restart = () => {
    mirrors = create();
  };
  const gitUrl = `file://${join(root, "remote")}`;
  const fetch = (changes: object = {}, signal = never) =>
    mirrors.fetch({ gitUrl, repository: "o/hello", branch: "master", timeoutMs: 20_000, ...changes }, signal);
  return {
    root,
    hello,
    git,
    fetch,
    restart,
    distrust: () => mirrors.distrust?.("o/hello"),
    mirror: join(root, "mirrors/o/hello.git"),
  };
}

/** Whether a mirror has a commit. */
export const has = (mirror: string, commit: string) => {
  try {
    execFileSync("git", ["-C", mirror, "cat-file", "-e", `${commit}^{commit}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
