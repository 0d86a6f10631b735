import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";

/** Serves the repositories in a folder to every user. Returns the address. Git serves no file of another user. */
export async function gitDaemon(folder: string): Promise<string> {
  const port = await freePort();
  const place = [`--base-path=${folder}`, "--listen=127.0.0.1", `--port=${port}`];
  const child = spawn("git", ["daemon", "--export-all", "--reuseaddr", "--verbose", ...place], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill());
  await new Promise<void>((resolve, reject) => {
    child.on("exit", () => reject(new Error("git daemon did not start")));
    child.stderr.on("data", (text: Buffer) => text.includes("Ready to rumble") && resolve());
  });
  return `git://127.0.0.1:${port}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
