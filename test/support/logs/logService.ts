import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A running log service. */
export interface LogService {
  readonly address: string;
  /** Address of metrics and probes. */
  readonly metricsAddress: string;
  readonly child: ChildProcess;
  /** The log lines so far. */
  readonly lines: readonly string[];
}

/** Starts the real log service. It stores logs in `logs` below the folder. */
export async function startLogService(
  folder: string,
  apiServer: string,
  settings: Readonly<Record<string, string>> = {},
  ownToken = "own-token-of-the-log-service",
): Promise<LogService> {
  const tokenFile = join(folder, "own-token");
  await writeFile(tokenFile, `${ownToken}\n`);
  const child = spawn(process.execPath, ["src/logs/main.ts"], {
    env: {
      BUILDERPOOL_NAMESPACE: "ci",
      BUILDERPOOL_LOGS_DIRECTORY: join(folder, "logs"),
      BUILDERPOOL_LOGS_PORT: "0",
      BUILDERPOOL_LOGS_METRICS_PORT: "0",
      BUILDERPOOL_API_SERVER: apiServer,
      BUILDERPOOL_TOKEN_FILE: tokenFile,
      ...settings,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr });
  const [port, metricsPort] = await new Promise<readonly [number, number]>((resolve, reject) => {
    reader.on("line", (line) => {
      lines.push(line);
      const { port: found, metricsPort: inner } = line.startsWith("{") ? JSON.parse(line) : {};
      if (typeof found === "number") resolve([found, inner]);
    });
    child.once("exit", () => reject(new Error(lines.join("\n"))));
  });
  const scheme = settings["BUILDERPOOL_LOGS_TLS_CERT_FILE"] === undefined ? "http" : "https";
  const [address, metricsAddress] = [`${scheme}://127.0.0.1:${port}`, `http://127.0.0.1:${metricsPort}`];
  return { address, metricsAddress, child, lines };
}

/** Stops the service with a signal. Returns its exit code; null if the signal killed it. */
export async function endLogService({ child }: LogService, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
  return child.exitCode;
}
