import { z } from "zod";
import { Duration } from "../../../src/api/values/duration.ts";
import { Quantity } from "../../../src/api/values/quantity.ts";

const words = (what: string) => z.record(z.string(), z.string()).default({}).describe(what);
const list = (what: string) => z.array(z.record(z.string(), z.unknown())).default([]).describe(what);

/** What a container asks of its node, as in a pod. */
const resources = (defaults: Record<string, Record<string, string>>) =>
  z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.number()])))
    .default(defaults)
    .describe("Resources, as in a container");

/** Where pods may run. */
const placement = {
  nodeSelector: words("Labels a node must carry"),
  tolerations: list("Tolerations, as in a pod"),
  affinity: z.record(z.string(), z.unknown()).default({}).describe("Affinity, as in a pod"),
  priorityClassName: z.string().default("").describe("Priority class"),
};

const address = (what: string) =>
  z
    .string()
    .regex(/^(https?:\/\/[^\s/?#]+[^\s?#]*)?$/)
    .default("")
    .describe(what);

const logLevel = z.enum(["debug", "info", "warn"]).default("info").describe("What is logged");

const Images = z
  .strictObject({
    registry: z
      .string()
      .default("")
      .describe(
        "Where builderpool-operator, builderpool-builder and builderpool-logs are pulled from, without a slash at the end",
      ),
    tag: z.string().default("").describe("Tag of all three; the version of the chart when empty"),
    pullPolicy: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent").describe("When they are pulled"),
    pullSecrets: z
      .array(z.strictObject({ name: z.string().min(1).describe("Name of the Secret") }))
      .default([])
      .describe("Secrets to pull them with, as in a pod"),
  })
  .prefault({})
  .describe("Images of builderpool; the image in which builds run is named by each pool");

const Operator = z
  .strictObject({
    replicas: z.int().min(1).max(5).default(2).describe("One leads, the others wait to take over"),
    logLevel,
    resources: resources({ requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "512Mi" } }),
    ...placement,
  })
  .prefault({})
  .describe("The operator");

const Volume = z
  .strictObject({
    size: Quantity.default("200Gi").describe("Size of the volume claim"),
    storageClassName: z.string().default("").describe("Storage class; the cluster's default when empty"),
    existingClaim: z.string().default("").describe("A volume claim that is there already, instead of one of the chart"),
  })
  .prefault({})
  .describe("Where logs are kept. A claim of the chart outlives it: `helm uninstall` deletes no log");

const Service = z
  .strictObject({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).default("ClusterIP").describe("Type of the Service"),
    clusterIP: z.string().default("").describe("A fixed address, for clusters without DNS"),
  })
  .prefault({})
  .describe("How the log service is reached inside the cluster");

const Ingress = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Make an Ingress for people"),
    className: z.string().default("").describe("Ingress class; the cluster's default when empty"),
    host: z.string().default("").describe("Host name, such as ali-ci.example.org"),
    tlsSecret: z.string().default("").describe("Secret with the certificate of the host; plain HTTP when empty"),
    annotations: words("Annotations of the Ingress"),
  })
  .prefault({})
  .describe("How people reach logs and result pages from outside");

const Logs = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Run the log service; false where another one is, which `url` names"),
    url: address("Where builders PUT logs; the Service of the chart when empty"),
    publicUrl: address("Where people open them, as linked on GitHub; the Ingress when empty, without one the Service"),
    audience: z.string().min(1).default("builderpool-logs").describe("Audience of the tokens that builders write with"),
    keep: Duration.default("60d").describe("Logs older than this are deleted"),
    maxSize: Quantity.default("128Mi").describe("Largest log that is taken; more than spec.logs.maxSize of any pool"),
    quota: z
      .union([z.literal(""), Quantity])
      .default("")
      .describe("Space that all logs may take; the volume alone sets the limit when empty"),
    logLevel,
    volume: Volume,
    service: Service,
    ingress: Ingress,
    resources: resources({ requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "384Mi" } }),
    ...placement,
  })
  .prefault({})
  .describe("The log service: builders PUT, people GET");

const Monitoring = z
  .strictObject({
    podMonitor: z.boolean().default(false).describe("Make a PodMonitor for operator, builders and log service"),
    rules: z.boolean().default(false).describe("Make a PrometheusRule with alerts"),
    dashboard: z.boolean().default(false).describe("Make a ConfigMap with a Grafana dashboard"),
    labels: words("Labels by which Prometheus finds the first two"),
  })
  .prefault({})
  .describe("Prometheus and Grafana; all of it needs what they install");

const Crds = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe(
        "Install and upgrade the definitions of BuilderPool, Builder and Build; false where another release does",
      ),
  })
  .prefault({})
  .describe("Custom resource definitions. They outlive the chart: `helm uninstall` deletes no pool");

/** Values of the chart: `values.yaml` and `values.schema.json` are written from this. */
export const Values = z.strictObject({
  images: Images,
  operator: Operator,
  logs: Logs,
  monitoring: Monitoring,
  crds: Crds,
  global: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Nothing of builderpool; Helm hands it to a chart that is part of another"),
});
