import { createHash } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";
import type { S3 } from "../../api/objects/logs.ts";
import { milliseconds } from "../../api/values/duration.ts";
import type { LogStore } from "../logStore.ts";
import { checkPath } from "../path.ts";
import { send } from "./send.ts";

export interface BucketKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface S3LogStoreOptions {
  readonly s3: Omit<S3, "secretRef">;
  /** Address under which people open what lies below the prefix; that of the bucket itself when absent. */
  readonly url?: string | undefined;
  /** The keys of this moment; asked for anew for each log, as Secrets change. */
  keys(): Promise<BucketKeys>;
}

/** S3 wants lengths before bytes and takes a large object in parts, of which each but the last has 5 MiB at least. */
const partSize = 8 * 2 ** 20;
const deadline = milliseconds("9m");

/**
 * A bucket as log store. At most two parts of a log are in memory; an object appears when its last part is confirmed. Which logs are old is the
 * business of the bucket's lifecycle rule, so `expire` frees nothing here.
 */
export function createS3LogStore({ s3, url, keys }: S3LogStoreOptions): LogStore {
  const bucket = [s3.endpoint.replace(/\/+$/, ""), s3.bucket, s3.prefix].filter((part) => part !== "").join("/");
  const base = url?.replace(/\/+$/, "") ?? bucket;
  const below = (path: string) => checkPath(path).map(encodeURIComponent).join("/");
  return {
    put: async (path, body, contentType) => {
      const object = `${bucket}/${below(path)}`;
      const request = requester(s3.region, await keys());
      // Whatever the bucket says: a log that is not read to its end must be let go of, or its file stays open.
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

/** Signs and sends. The hash of the body is signed too: what arrives is what was sent, over plain HTTP as well. */
function requester(region: string, keys: BucketKeys): Request {
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
      who: "The bucket",
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
    // A rebuild overwrites what an address shows.
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
    const answer = await request("POST", `${object}?${id}`, Buffer.from(completion(tags)));
    // A completion that fails late says so in an answer of status 200.
    element(answer, "ETag");
  } catch (error) {
    await request("DELETE", `${object}?${id}`, nothing).catch(() => undefined);
    throw error;
  }
}

const nothing = new Uint8Array();

/** Sends one part; returns its tag, as XML. */
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

function completion(tags: readonly string[]): string {
  const parts = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  return `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`;
}

/** The text of an element of an answer; throws an Error with what the answer says instead. */
function element({ text }: { readonly text: string }, name: string): string {
  const found = new RegExp(`<${name}>(?<text>[^<]*)</${name}>`).exec(text)?.groups?.["text"];
  if (found !== undefined) return found;
  throw new Error(`The bucket answered without ${name}: ${errorIn(text) || "it does not speak S3"}`);
}

/** Code and message of an error document. */
function errorIn(text: string): string {
  const part = (name: string) => new RegExp(`<${name}>(?<text>[^<]*)</${name}>`).exec(text)?.groups?.["text"];
  return [part("Code"), part("Message")].filter((word) => word !== undefined).join(": ");
}

/** The bytes in pieces of one size but for the last. */
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
