import { z } from "zod";
import { Duration } from "../values/duration.ts";
import { Quantity } from "../values/quantity.ts";
import { SecretName } from "../values/secretName.ts";
import { Url } from "../values/url.ts";

/** A bucket of an S3 server. */
export const S3 = z
  .object({
    endpoint: Url.describe("Address of the S3 server, such as https://s3.cern.ch; the bucket stands in the path"),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .describe("Bucket, which must exist; old logs are deleted by its own lifecycle rule, not by `keep`"),
    region: z.string().min(1).max(100).default("us-east-1").describe("Region that requests are signed for"),
    prefix: z
      .string()
      .max(200)
      .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/)
      .default("")
      .describe("Folder of the bucket below which logs lie"),
    secretRef: z
      .object({ name: SecretName.describe("Name of the Secret") })
      .strict()
      .describe("Secret with `accessKeyId` and `secretAccessKey`; builds never see it"),
  })
  .strict();
export type S3 = z.infer<typeof S3>;

/** Where build logs land. */
export const Logs = z
  .object({
    directory: z
      .string()
      .max(1000)
      .optional()
      .describe("Directory that receives logs and result pages; `logs` in the work folder when absent (one machine)"),
    s3: S3.optional().describe("Bucket that receives them instead"),
    url: Url.optional().describe(
      "Public address of the directory or of the bucket's folder, used in links on GitHub; the address `up` itself serves, or that of the bucket, when absent",
    ),
    keep: Duration.default("60d").describe(
      "Logs in a directory are deleted when they are older than this; the log service of a cluster and a bucket have rules of their own",
    ),
    maxSize: Quantity.default("64Mi").describe(
      "Largest stored full log; the middle of a longer one is left out, with a line that says so",
    ),
  })
  .strict()
  .refine(({ directory, s3 }) => directory === undefined || s3 === undefined, {
    error: "names both a directory and a bucket: keep one of them",
  });
