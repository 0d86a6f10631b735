import { z } from "zod";
import { Address } from "../../values/address.ts";
import { Duration } from "../../values/duration.ts";
import { Quantity } from "../../values/quantity.ts";
import { SecretName } from "../../values/secretName.ts";

/** A bucket of an S3 server, as log store. */
export const S3 = z
  .object({
    endpoint: Address.describe(
      "Address of the S3 server, such as https://s3.cern.ch. Requests name the bucket in the path.",
    ),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .describe(
        "Name of the bucket. The bucket must exist. Its own lifecycle rule deletes old logs; `keep` does not apply.",
      ),
    region: z.string().min(1).max(100).default("us-east-1").describe("Region in the signature of requests."),
    prefix: z
      .string()
      .max(200)
      .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/)
      .default("")
      .describe("Folder of the bucket for the logs."),
    secretRef: z
      .object({ name: SecretName.describe("Name of the Secret.") })
      .strict()
      .describe("Secret with `accessKeyId` and `secretAccessKey`. Builds never see it."),
  })
  .strict();
export type S3 = z.infer<typeof S3>;

/** The log service, as a host outside the cluster reaches it. */
export const HostLogs = z.object({
  url: z.string().max(1000).describe("Base URL for log uploads (PUT)."),
  audience: z.string().max(253).describe("Audience of the tokens for these uploads."),
});

/** Log store of a pool. */
export const Logs = z
  .object({
    directory: z
      .string()
      .max(1000)
      .optional()
      .describe(
        "Directory for logs and result pages. Only on one machine; a cluster refuses it. Default: `logs` in the work folder.",
      ),
    s3: S3.optional().describe("Bucket for logs and result pages, instead of a directory."),
    url: Address.optional().describe(
      "Public address of the directory or of the bucket folder, for links on GitHub. A cluster refuses it without `s3`. Default: the address that `up` serves, or the address of the bucket.",
    ),
    keep: Duration.default("60d").describe(
      "Age at which logs in a directory are deleted. Only on one machine: a cluster refuses another value than 60d, because its log service (chart value `logs.keep`) and a bucket have their own rules.",
    ),
    maxSize: Quantity.default("64Mi").describe(
      "Largest stored log. A longer log is stored without its middle; one line in its place gives the reason.",
    ),
  })
  .strict()
  .refine(({ directory, s3 }) => directory === undefined || s3 === undefined, {
    error: "directory and s3 are both set: keep one of them",
  });
