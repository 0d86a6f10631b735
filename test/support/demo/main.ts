import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { isRunning } from "../../../src/builder/machine/lock.ts";
import { startDemo } from "./start.ts";

/**
 * Runs the demo: a stand-in for GitHub in this process, and `builderpool up` with the same arguments as a child in the
 * foreground. The stand-in ends with the child. KEEP=1 continues an earlier run. DEMO_DIR replaces the folder
 * `.work/demo`.
 */
const root = resolve(import.meta.dirname, "../../..");
const directory = resolve(process.env["DEMO_DIR"] ?? join(root, ".work", "demo"));
if (await isRunning(join(directory, "up"))) {
  console.error(`demo: one is running in ${directory} already; end it first (Ctrl-C in its terminal)`);
  process.exit(1);
}
const github = await startDemo(directory, { keep: process.env["KEEP"] === "1" });
const note = `Real: operator, store, builders, git, aliBuild, HTTP. Standing in: GitHub, at ${github.apiUrl} (its switches: ${github.controlUrl}).`;

const child = spawn(
  join(root, "bin/builderpool"),
  ["up", "-f", github.pool, "--work-dir", join(directory, "up"), "--note", note, ...process.argv.slice(2)],
  { stdio: "inherit", env: { ...process.env, GITHUB_TOKEN: github.token } },
);
// If this process fails, the child must not continue without its GitHub.
process.on("exit", () => child.kill());
// Ctrl-C reaches the child through the terminal's process group; the child decides when to end.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((finish) => {
  child.once("error", (error) => {
    console.error(`demo: ${error.message}`);
    finish(1);
  });
  child.once("exit", (exitCode, signal) => finish(signal === null ? (exitCode ?? 1) : 128 + constants.signals[signal]));
});
await github.close();
process.exit(code);
