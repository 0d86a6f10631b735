import { z } from "zod";
import { S3 } from "../api/objects/pool/logs.ts";
import { Address } from "../api/values/address.ts";
import { baseCell, buildCell } from "../core/pool/manifest/pod/capsule.ts";
import { parseJson } from "../system/parseJson.ts";

const text = z.string().min(1);
const path = z.string().regex(/^\//, "expected an absolute path");

const Bucket = S3.omit({ secretRef: true }).extend({ url: Address.optional() });

/** Environment variables of a builder in a pod, read once at its start. */
export const BuilderEnvironment = z.object({
  BUILDERPOOL_NAMESPACE: text.describe("Namespace of the pool"),
  BUILDERPOOL_NAME: text.describe("Name of the pod, and of its Builder"),
  BUILDERPOOL_POOL: text.describe("Name of the pool"),
  BUILDERPOOL_REVISION: text.describe("Revision of the pod's template"),
  BUILDERPOOL_POD_UID: text.describe("UID of the pod; a later pod of the same name has another UID"),
  BUILDERPOOL_HOST: text.describe("Name of the node, for people"),
  BUILDERPOOL_DATA: path.default("/data").describe("The volume that keeps the tree warm"),
  BUILDERPOOL_CELL_SOCKET: path.default(buildCell.socket).describe("Socket of the cell that builds pull requests"),
  BUILDERPOOL_BASE_SOCKET: path.default(baseCell.socket).describe("Socket of the base cell"),
  BUILDERPOOL_LOGS_URL: z.url().describe("Base URL for log uploads (PUT)"),
  BUILDERPOOL_LOGS_PUBLIC_URL: z.url().describe("Base URL under which people open logs"),
  BUILDERPOOL_LOGS_TOKEN_FILE: path.describe("Token for the log service; kubelet renews it"),
  BUILDERPOOL_LOGS_S3: z
    .string()
    .transform(jsonOf)
    .pipe(Bucket)
    .optional()
    .describe(
      "Bucket for logs instead of the log service, as JSON: endpoint, bucket, region, prefix, and url for people",
    ),
  BUILDERPOOL_LOGS_S3_KEYS: path
    .default("/var/run/secrets/builderpool-bucket")
    .describe("Folder with accessKeyId and secretAccessKey of that bucket"),
  BUILDERPOOL_GIT_URL: Address.optional().describe(
    "The only address that may receive the git credential; pools with `github.gitSecretRef` have it",
  ),
  BUILDERPOOL_GIT_CREDENTIAL: path
    .default("/var/run/secrets/builderpool-git")
    .describe("Folder with token, and username if needed, for that address"),
  BUILDERPOOL_API_FOLDER: path
    .default("/var/run/secrets/kubernetes.io/serviceaccount")
    .describe("token, ca.crt and namespace for the API server"),
  BUILDERPOOL_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe("Port of health and metrics"),
  BUILDERPOOL_LOG_LEVEL: z.enum(["debug", "info", "warn"]).default("info").describe("Lowest level of logged lines"),
  KUBERNETES_SERVICE_HOST: text.default("kubernetes.default.svc").describe("Set by Kubernetes"),
  KUBERNETES_SERVICE_PORT: text.default("443").describe("Set by Kubernetes"),
});

/** Throws an Error with one line for each missing or wrong variable. */
export function readEnvironment(env: NodeJS.ProcessEnv) {
  const { data, error } = BuilderEnvironment.safeParse(env);
  if (data === undefined) throw new Error(`the environment of the builder is wrong:\n${z.prettifyError(error)}`);
  return {
    namespace: data.BUILDERPOOL_NAMESPACE,
    name: data.BUILDERPOOL_NAME,
    pool: data.BUILDERPOOL_POOL,
    revision: data.BUILDERPOOL_REVISION,
    podUid: data.BUILDERPOOL_POD_UID,
    host: data.BUILDERPOOL_HOST,
    data: data.BUILDERPOOL_DATA,
    sockets: { build: data.BUILDERPOOL_CELL_SOCKET, base: data.BUILDERPOOL_BASE_SOCKET },
    logs: {
      putUrl: data.BUILDERPOOL_LOGS_URL,
      url: data.BUILDERPOOL_LOGS_PUBLIC_URL,
      tokenFile: data.BUILDERPOOL_LOGS_TOKEN_FILE,
      bucket: data.BUILDERPOOL_LOGS_S3,
      bucketKeys: data.BUILDERPOOL_LOGS_S3_KEYS,
    },
    git:
      data.BUILDERPOOL_GIT_URL === undefined
        ? undefined
        : { gitUrl: data.BUILDERPOOL_GIT_URL, folder: data.BUILDERPOOL_GIT_CREDENTIAL },
    apiServer: {
      host: data.KUBERNETES_SERVICE_HOST,
      port: data.KUBERNETES_SERVICE_PORT,
      folder: data.BUILDERPOOL_API_FOLDER,
    },
    port: data.BUILDERPOOL_PORT,
    logLevel: data.BUILDERPOOL_LOG_LEVEL,
  };
}

export type Environment = ReturnType<typeof readEnvironment>;

function jsonOf(text: string, context: z.RefinementCtx): unknown {
  const value = parseJson(text);
  if (value === undefined) {
    context.addIssue("expected JSON");
    return z.NEVER;
  }
  return value;
}
