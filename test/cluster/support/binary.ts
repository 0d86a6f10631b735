import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setting } from "../../unit/core/pool/manifest/setting.ts";
import type { Installation } from "./installation.ts";
import { until } from "./until.ts";

export interface OperatorProcess extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Lines of its log. */
  readonly lines: readonly string[];
  readonly exited: Promise<number | null>;
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  kill(signal: NodeJS.Signals): void;
}

const program = join(import.meta.dirname, "../../../src/operator/main.ts");

/** The operator as a separate process, with its own rights. */
export async function startBinary(
  { operator, namespace }: Installation,
  name: string,
  changes: NodeJS.ProcessEnv = {},
  [command, ...args]: readonly [string, ...string[]] = [process.execPath, program],
): Promise<OperatorProcess> {
  const env = {
    PATH: process.env["PATH"],
    KUBECONFIG: operator.kubeconfig,
    BUILDERPOOL_NAMESPACE: namespace,
    BUILDERPOOL_POD_NAME: name,
    BUILDERPOOL_BUILDER_IMAGE: setting.builderImage,
    BUILDERPOOL_LOGS_URL: setting.logs.url,
    BUILDERPOOL_LOGS_PUBLIC_URL: setting.logs.publicUrl,
    BUILDERPOOL_PORT: "0",
    ...changes,
  };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const lines: string[] = [];
  if (child.stderr !== null) createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const port = async () => {
    if (child.exitCode !== null) return -1;
    const listening = lines.find((line) => line.includes("serving health and metrics"));
    return listening === undefined ? undefined : (JSON.parse(listening).port as number);
  };
  const at = await until("the operator to listen", port);
  return {
    pid: child.pid ?? -1,
    child,
    lines,
    exited,
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${at}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
    kill: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await exited;
    },
  };
}
