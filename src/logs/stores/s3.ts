import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { S3 } from "../../api/objects/pool/logs.ts";
import { milliseconds } from "../../api/values/duration.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";
import { send } from "./send.ts";

/** Credentials of a bucket. */
export interface BucketKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Settings of a bucket as a log store. */
export interface S3LogStoreOptions {
  readonly s3: Omit<S3, "secretRef">;
  /** Public URL of the objects below the prefix; by default the URL of the bucket. */
  readonly url?: string | undefined;
  /** The current keys. Called for each log, because Secrets change. */
  keys(): Promise<BucketKeys>;
}

/** Size of a part. S3 needs the length of each part in advance, and at least 5 MiB for all but the last. */
const partSize = 8 * 2 ** 20;
const deadline = milliseconds("9m");

/**
 * Creates a log store in an S3 bucket. At most two parts of a log are in memory. An object appears when its last part
 * is confirmed. The lifecycle rule of the bucket expires old logs, so `expire` does nothing here.
 */
export function createS3LogStore({ s3, url, keys }: S3LogStoreOptions): LogStore {
  const bucket = [s3.endpoint.replace(/\/+$/, ""), s3.bucket, s3.prefix].filter((part) => part !== "").join("/");
  const base = url?.replace(/\/+$/, "") ?? bucket;
  const below = (path: string) => checkPath(path).map(encodeURIComponent).join("/");
  return {
    put: async (path, body, contentType) => {
      const object = `${bucket}/${below(path)}`;
      const request = createRequest(s3.region, await keys());
      // Closes the source even if the upload fails midway. Otherwise the log file would stay open.
      await using parts = inParts(body);
      await put(object, parts, contentType, request);
    },
    url: (path) => `${base}/${below(path)}`,
    expire: async () => 0,
  };
}

type Request = (
  method: "PUT" | "POST" | "DELETE",
  address: string,
  body: Uint8Array,
  headers?: Readonly<Record<string, string>>,
) => Promise<{ readonly headers: Headers; readonly text: string }>;

/** Signs and sends requests. The signature covers the hash of the body, so plain HTTP cannot alter the body either. */
function createRequest(region: string, keys: BucketKeys): Request {
  return async (method, address, body, headers = {}) => {
    const hash = createHash("sha256").update(body).digest("hex");
    const signer = new AwsV4Signer({
      ...keys,
      service: "s3",
      region,
      method,
      url: address,
      headers: { ...headers, "X-Amz-Content-Sha256": hash },
    });
    const signed = await signer.sign();
    return await send({
      service: "The bucket",
      address,
      method,
      headers: signed.headers,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
      deadline,
      secret: keys.secretAccessKey,
      quote: errorIn,
    });
  };
}

async function put(
  object: string,
  parts: AsyncGenerator<Uint8Array>,
  contentType: string,
  request: Request,
): Promise<void> {
  const headers = {
    "Content-Type": contentType,
    "Content-Disposition": "inline",
    // A rebuild overwrites the object at an address.
    "Cache-Control": "no-cache",
  };
  const { value: first = nothing } = await parts.next();
  const { value: second } = await parts.next();
  if (second === undefined) {
    await request("PUT", object, first, headers);
    return;
  }
  const upload = element(await request("POST", `${object}?uploads=`, nothing, headers), "UploadId");
  const id = `uploadId=${encodeURIComponent(upload)}`;
  try {
    const tags = [await putPart(request, object, id, 1, first), await putPart(request, object, id, 2, second)];
    for await (const part of parts) tags.push(await putPart(request, object, id, tags.length + 1, part));
    const completed = await request("POST", `${object}?${id}`, Buffer.from(completionXml(tags)));
    // A late failure of the completion comes with status 200 and without an ETag.
    element(completed, "ETag");
  } catch (error) {
    await request("DELETE", `${object}?${id}`, nothing).catch(() => undefined);
    throw error;
  }
}

const nothing = new Uint8Array();

/** Uploads one part. Returns its ETag. */
async function putPart(
  request: Request,
  object: string,
  id: string,
  number: number,
  part: Uint8Array,
): Promise<string> {
  const { headers } = await request("PUT", `${object}?partNumber=${number}&${id}`, part);
  return headers.get("ETag") ?? "";
}

function completionXml(tags: readonly string[]): string {
  const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

/** The text of an XML element in a response. Throws an Error with the error code of the response if it is missing. */
function element({ text }: { readonly text: string }, name: string): string {
  const found = new RegExp(`<${name}>(?<text>[^<]*)</${name}>`).exec(text)?.groups?.["text"];
  if (found !== undefined) return found;
  throw new Error(
    `The response of the bucket has no ${name}: ${errorIn(text) || "the server does not support the S3 API"}`,
  );
}

/** Code and message of an S3 error document. */
function errorIn(text: string): string {
  const part = (name: string) => new RegExp(`<${name}>(?<text>[^<]*)</${name}>`).exec(text)?.groups?.["text"];
  return [part("Code"), part("Message")].filter((word) => word !== undefined).join(": ");
}

/** The bytes in parts of equal size, except for the last. */
async function* inParts(body: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body instanceof Uint8Array ? [body] : body) {
    for (let rest = piece; rest.length > 0; ) {
      const taken = rest.subarray(0, partSize - size);
      pieces.push(taken);
      size += taken.length;
      rest = rest.subarray(taken.length);
      if (size < partSize) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(pieces);
}
