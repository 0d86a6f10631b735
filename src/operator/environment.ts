import { z } from "zod";
import { EgressTarget } from "../core/pool/manifest/egress.ts";
import type { Setting } from "../core/pool/manifest/manifest.ts";
import { SiteProxy } from "../core/pool/manifest/siteProxy.ts";
import { parseJson } from "../system/parseJson.ts";

/** Environment variables of the operator. Read once, at startup. */
const OperatorEnvironment = z.object({
  BUILDERPOOL_NAMESPACE: z.string().min(1).describe("Namespace of the pools that the operator runs"),
  BUILDERPOOL_POD_NAME: z.string().min(1).describe("Name of the operator's pod, for the leader Lease and for Events"),
  BUILDERPOOL_BUILDER_IMAGE: z.string().min(1).describe("Image of the builders"),
  BUILDERPOOL_PULL_SECRETS: z
    .string()
    .default("")
    .describe("Names of the image pull Secrets of builders and pools, separated by commas"),
  BUILDERPOOL_LOGS_URL: z.url().describe("Address to which builders PUT logs"),
  BUILDERPOOL_LOGS_PUBLIC_URL: z.url().describe("Address at which people open logs"),
  BUILDERPOOL_LOGS_AUDIENCE: z.string().min(1).default("builderpool-logs").describe("Audience of the builders' tokens"),
  BUILDERPOOL_LOGS_CA: z
    .string()
    .min(1)
    .optional()
    .describe("ConfigMap with ca.crt, the authority of the log service's certificate"),
  BUILDERPOOL_USER_NAMESPACES: z
    .string()
    .min(1)
    .optional()
    .describe("With any value, pods of builders get user namespaces"),
  BUILDERPOOL_EGRESS: z
    .string()
    .default("[]")
    .transform((text) => parseJson(text))
    .pipe(z.array(EgressTarget))
    .describe("Addresses that builders may reach, as JSON; an empty list means all addresses"),
  BUILDERPOOL_PROXY: z
    .string()
    .default("{}")
    .transform((text) => parseJson(text))
    .pipe(SiteProxy)
    .describe("Proxy of builders and cells, as JSON: https, http and noProxy"),
  BUILDERPOOL_CA: z
    .string()
    .min(1)
    .optional()
    .describe("ConfigMap with ca.crt, the private authorities that builders and cells trust"),
  BUILDERPOOL_VOLUMES: z
    .string()
    .default("")
    .describe("Kinds of volumes that pools may add beyond the free ones, separated by commas"),
  BUILDERPOOL_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(8080)
    .describe("Port of the health and metrics endpoints"),
  BUILDERPOOL_LOG_LEVEL: z.enum(["debug", "info", "warn"]).default("info").describe("Lowest level of log messages"),
  KUBECONFIG: z.string().min(1).optional().describe("Kubeconfig file for the API server, outside a pod"),
  KUBERNETES_SERVICE_HOST: z.string().min(1).default("kubernetes.default.svc").describe("Set by Kubernetes"),
  KUBERNETES_SERVICE_PORT: z.string().min(1).default("443").describe("Set by Kubernetes"),
});

export interface Environment {
  readonly namespace: string;
  readonly podName: string;
  readonly setting: Setting;
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warn";
  readonly kubeconfig: string | undefined;
  readonly apiServer: { readonly host: string; readonly port: string };
}

/** Parses the environment. Throws an Error with one line for each missing or invalid variable. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const { data, error } = OperatorEnvironment.safeParse(env);
  if (data === undefined) throw new Error(`the environment of the operator is invalid:\n${z.prettifyError(error)}`);
  return {
    namespace: data.BUILDERPOOL_NAMESPACE,
    podName: data.BUILDERPOOL_POD_NAME,
    setting: {
      builderImage: data.BUILDERPOOL_BUILDER_IMAGE,
      pullSecrets: wordsIn(data.BUILDERPOOL_PULL_SECRETS),
      logs: {
        url: data.BUILDERPOOL_LOGS_URL,
        publicUrl: data.BUILDERPOOL_LOGS_PUBLIC_URL,
        audience: data.BUILDERPOOL_LOGS_AUDIENCE,
        ...(data.BUILDERPOOL_LOGS_CA !== undefined && { caConfigMap: data.BUILDERPOOL_LOGS_CA }),
      },
      userNamespaces: data.BUILDERPOOL_USER_NAMESPACES !== undefined,
      egress: data.BUILDERPOOL_EGRESS,
      proxy: data.BUILDERPOOL_PROXY,
      ...(data.BUILDERPOOL_CA !== undefined && { caConfigMap: data.BUILDERPOOL_CA }),
      volumes: wordsIn(data.BUILDERPOOL_VOLUMES),
    },
    port: data.BUILDERPOOL_PORT,
    logLevel: data.BUILDERPOOL_LOG_LEVEL,
    kubeconfig: data.KUBECONFIG,
    apiServer: { host: data.KUBERNETES_SERVICE_HOST, port: data.KUBERNETES_SERVICE_PORT },
  };
}

function wordsIn(list: string): readonly string[] {
  return list.split(",").filter((word) => word !== "");
}
