import { z } from "zod";
import type { Setting } from "../core/pool/manifest/manifest.ts";

/** What the operator reads from its environment, once, at its start. */
const OperatorEnvironment = z.object({
  BUILDERPOOL_NAMESPACE: z.string().min(1).describe("Namespace whose pools it runs"),
  BUILDERPOOL_POD_NAME: z.string().min(1).describe("Name of its own pod: who leads, and who said an Event"),
  BUILDERPOOL_BUILDER_IMAGE: z.string().min(1).describe("Image of the builders"),
  BUILDERPOOL_PULL_SECRETS: z
    .string()
    .default("")
    .describe("Names of Secrets by which images of builders and pools are pulled, with commas between them"),
  BUILDERPOOL_LOGS_URL: z.url().describe("Where builders PUT logs"),
  BUILDERPOOL_LOGS_PUBLIC_URL: z.url().describe("Where people open them"),
  BUILDERPOOL_LOGS_AUDIENCE: z.string().min(1).default("builderpool-logs").describe("Audience of the builders' tokens"),
  BUILDERPOOL_PORT: z.coerce.number().int().min(0).max(65535).default(8080).describe("Port of health and metrics"),
  BUILDERPOOL_LOG_LEVEL: z.enum(["debug", "info", "warn"]).default("info").describe("What is logged"),
  KUBECONFIG: z.string().min(1).optional().describe("How the API server is reached from outside a pod"),
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

/** Throws an Error with one line for each variable that is missing or wrong. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const { data, error } = OperatorEnvironment.safeParse(env);
  if (data === undefined) throw new Error(`the environment of the operator is wrong:\n${z.prettifyError(error)}`);
  return {
    namespace: data.BUILDERPOOL_NAMESPACE,
    podName: data.BUILDERPOOL_POD_NAME,
    setting: {
      builderImage: data.BUILDERPOOL_BUILDER_IMAGE,
      pullSecrets: data.BUILDERPOOL_PULL_SECRETS.split(",").filter((name) => name !== ""),
      logs: {
        url: data.BUILDERPOOL_LOGS_URL,
        publicUrl: data.BUILDERPOOL_LOGS_PUBLIC_URL,
        audience: data.BUILDERPOOL_LOGS_AUDIENCE,
      },
    },
    port: data.BUILDERPOOL_PORT,
    logLevel: data.BUILDERPOOL_LOG_LEVEL,
    kubeconfig: data.KUBECONFIG,
    apiServer: { host: data.KUBERNETES_SERVICE_HOST, port: data.KUBERNETES_SERVICE_PORT },
  };
}
