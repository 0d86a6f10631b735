import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { freePorts } from "../freePorts.ts";
import { until } from "../until.ts";
import { goProgram } from "./goProgram.ts";

export const accessKeyId = "builderpool-test";
export const secretAccessKey = "secret-of-the-bucket";

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  /** Asks with good credentials; the path begins with the bucket. */
  ask(method: string, path: string): Promise<Response>;
}

/** Where a server listens; loopback and any free port when it does not matter. */
export interface S3Place {
  readonly host?: string;
  readonly port?: number;
}

/** Starts an S3 server on a folder, with one bucket in it; what an earlier one kept there is there again. */
export async function startS3Server(folder: string, bucket: string, place: S3Place = {}): Promise<S3Server> {
  const program = await goProgram({
    name: "versitygw",
    source: { package: "github.com/versity/versitygw/cmd/versitygw@v1.8.0" },
    flags: ["-ldflags", "-s -w"],
    what: "an S3 server (5 minutes, once)",
  });
  const [data, facts] = [join(folder, "data"), join(folder, "facts")];
  await Promise.all([data, facts].map((path) => mkdir(path, { recursive: true })));
  const { host = "127.0.0.1", port = (await freePorts(1))[0] } = place;
  const endpoint = `http://${host}:${port}`;
  const child = spawn(
    program,
    ["--port", `${host}:${port}`, "--region", "us-east-1", "posix", "--sidecar", facts, data],
    { env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => said.push(String(text)));
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "us-east-1", retries: 0 });
  const ask = (method: string, path: string) => client.fetch(`${endpoint}/${path}`, { method });
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  try {
    await until("the S3 server has its bucket", async () => {
      if (child.exitCode !== null) throw new Error(`the S3 server ended: ${said.join("")}`);
      return await ask("PUT", bucket).then(
        ({ ok, status }) => ok || status === 409,
        () => false,
      );
    });
  } catch (error) {
    await end();
    throw error;
  }
  return { endpoint, ask, [Symbol.asyncDispose]: end };
}
