import { z } from "zod";
import { Duration, milliseconds } from "../api/values/duration.ts";
import { bytes, Quantity } from "../api/values/quantity.ts";

const identity = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The environment variables of the log service, read once at the start. */
export const LogsEnvironment = z.object({
  BUILDERPOOL_NAMESPACE: z.string().min(1).describe("Namespace of the builders with write access"),
  BUILDERPOOL_LOGS_DIRECTORY: z.string().min(1).default("/data/logs").describe("Directory of the stored logs"),
  BUILDERPOOL_LOGS_AUDIENCE: z.string().min(1).default("builderpool-logs").describe("Audience of the builders' tokens"),
  BUILDERPOOL_LOGS_KEEP: Duration.default("60d").describe("Logs older than this are deleted"),
  BUILDERPOOL_LOGS_MAX_SIZE: Quantity.default("128Mi").describe("Largest accepted log"),
  BUILDERPOOL_LOGS_QUOTA: Quantity.optional().describe(
    "Space that all logs may use; by default only the volume sets a limit",
  ),
  BUILDERPOOL_LOGS_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe("Port to listen on"),
  BUILDERPOOL_LOGS_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8081)
    .describe("Port of metrics and probes, always plain HTTP"),
  BUILDERPOOL_LOGS_HOSTS: z
    .string()
    .optional()
    .describe("Host names of the service, separated by commas; other names are refused. By default every name"),
  BUILDERPOOL_LOGS_PATIENCE: Duration.default("30s").describe(
    "Time for the headers of a request, and before the slowest accepted rate of an upload counts",
  ),
  BUILDERPOOL_LOGS_TLS_CERT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("Certificate for HTTPS, with its chain, as PEM"),
  BUILDERPOOL_LOGS_TLS_KEY_FILE: z.string().min(1).optional().describe("Private key of the certificate, as PEM"),
  BUILDERPOOL_API_SERVER: z
    .url()
    .optional()
    .describe("URL of the API server for token reviews; by default the API server of the cluster"),
  BUILDERPOOL_TOKEN_FILE: z
    .string()
    .default(`${identity}/token`)
    .describe("File with the service's own token for the API server"),
  KUBERNETES_SERVICE_HOST: z.string().default("kubernetes.default.svc").describe("Set by Kubernetes"),
  KUBERNETES_SERVICE_PORT: z.string().default("443").describe("Set by Kubernetes"),
  BUILDERPOOL_LOG_LEVEL: z.enum(["debug", "info", "warn"]).default("info").describe("Lowest level of logged messages"),
});

/** The checked environment. Throws an Error with one line per missing or invalid variable. */
export function readEnvironment(env: NodeJS.ProcessEnv) {
  const { data, error } = LogsEnvironment.safeParse(env);
  if (data === undefined) throw new Error(`the environment of the log service is invalid:\n${z.prettifyError(error)}`);
  const { BUILDERPOOL_LOGS_TLS_CERT_FILE: certFile, BUILDERPOOL_LOGS_TLS_KEY_FILE: keyFile } = data;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new Error(
      "the environment of the log service is invalid:\nset both BUILDERPOOL_LOGS_TLS_CERT_FILE and BUILDERPOOL_LOGS_TLS_KEY_FILE, or neither",
    );
  const host = data.KUBERNETES_SERVICE_HOST.includes(":")
    ? `[${data.KUBERNETES_SERVICE_HOST}]`
    : data.KUBERNETES_SERVICE_HOST;
  return {
    namespace: data.BUILDERPOOL_NAMESPACE,
    directory: data.BUILDERPOOL_LOGS_DIRECTORY,
    audience: data.BUILDERPOOL_LOGS_AUDIENCE,
    keep: milliseconds(data.BUILDERPOOL_LOGS_KEEP),
    maxSize: bytes(data.BUILDERPOOL_LOGS_MAX_SIZE),
    quota: data.BUILDERPOOL_LOGS_QUOTA === undefined ? undefined : bytes(data.BUILDERPOOL_LOGS_QUOTA),
    port: data.BUILDERPOOL_LOGS_PORT,
    metricsPort: data.BUILDERPOOL_LOGS_METRICS_PORT,
    hosts: data.BUILDERPOOL_LOGS_HOSTS?.split(",").filter((host) => host !== ""),
    patience: milliseconds(data.BUILDERPOOL_LOGS_PATIENCE),
    ...(certFile !== undefined && keyFile !== undefined && { tls: { certFile, keyFile } }),
    apiServer: data.BUILDERPOOL_API_SERVER ?? `https://${host}:${data.KUBERNETES_SERVICE_PORT}`,
    tokenFile: data.BUILDERPOOL_TOKEN_FILE,
    logLevel: data.BUILDERPOOL_LOG_LEVEL,
  };
}
