import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { freePorts } from "./freePorts.ts";
import { until } from "./until.ts";

export const accessKeyId = "builderpool-test";
export const secretAccessKey = "secret-of-the-bucket";

export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  /** Asks with good credentials; the path begins with the bucket. */
  ask(method: string, path: string): Promise<Response>;
}

/** Starts an S3 server on a folder, with one bucket in it. */
export async function startS3Server(program: string, folder: string, bucket: string): Promise<S3Server> {
  const [data, facts] = [join(folder, "data"), join(folder, "facts")];
  await Promise.all([mkdir(data), mkdir(facts)]);
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn(
    program,
    ["--port", `127.0.0.1:${port}`, "--region", "us-east-1", "posix", "--sidecar", facts, data],
    { env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => said.push(String(text)));
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: "s3", region: "us-east-1", retries: 0 });
  const ask = (method: string, path: string) => client.fetch(`${endpoint}/${path}`, { method });
  await until("the S3 server has made its bucket", async () => {
    if (child.exitCode !== null) throw new Error(`the S3 server ended: ${said.join("")}`);
    return await ask("PUT", bucket).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return {
    endpoint,
    ask,
    async [Symbol.asyncDispose]() {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
