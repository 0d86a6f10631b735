import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BucketKeys } from "./s3.ts";

/** The keys of a bucket from the folder of a Secret: one file for each key, as a mounted Secret looks. Throws an Error that names the missing file. */
export async function createBucketKeys(folder: string): Promise<BucketKeys> {
  const key = async (name: string) => {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    if (text.trim() !== "") return text.trim();
    throw new Error(`The bucket of the logs needs ${name} in ${folder}: put it there, readable for builderpool alone`);
  };
  return { accessKeyId: await key("accessKeyId"), secretAccessKey: await key("secretAccessKey") };
}
