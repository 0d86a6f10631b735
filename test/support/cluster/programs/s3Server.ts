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
  /** Sends a request with valid credentials. The path begins with the bucket. */
  request(method: string, path: string): Promise<Response>;
}

/** Address of a server. The default is loopback and a free port. */
export interface S3Place {
  readonly host?: string;
  readonly port?: number;
}

/** Starts an S3 server with one bucket in a folder. Serves the objects of an earlier server on the same folder. */
export async function startS3Server(folder: string, bucket: string, place: S3Place = {}): Promise<S3Server> {
  const program = await goProgram({
    name: "versitygw",
    source: { package: "github.com/versity/versitygw/cmd/versitygw@v1.8.0" },
    flags: ["-ldflags", "-s -w"],
    title: "an S3 server (5 minutes, once)",
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
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => output.push(String(text)));
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "us-east-1", retries: 0 });
  const request = (method: string, path: string) => client.fetch(`${endpoint}/${path}`, { method });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  };
  try {
    await until("the S3 server has its bucket", async () => {
      if (child.exitCode !== null) throw new Error(`the S3 server exited: ${output.join("")}`);
      return await request("PUT", bucket).then(
        ({ ok, status }) => ok || status === 409,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, request, [Symbol.asyncDispose]: stop };
}
