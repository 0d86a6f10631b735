import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BucketKeys } from "./s3.ts";

/**
 * Reads the keys of a bucket from the folder of a mounted Secret, with one file per key. Throws an Error with the
 * missing file.
 */
export async function readBucketKeys(folder: string): Promise<BucketKeys> {
  const key = async (name: string) => {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    if (text.trim() !== "") return text.trim();
    throw new Error(`The log bucket needs the file ${name} in ${folder}; create it, readable only by builderpool`);
  };
  return { accessKeyId: await key("accessKeyId"), secretAccessKey: await key("secretAccessKey") };
}
