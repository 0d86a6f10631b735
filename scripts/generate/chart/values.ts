import { z } from "zod";
import { Duration } from "../../../src/api/values/duration.ts";
import { Quantity } from "../../../src/api/values/quantity.ts";

const words = (description: string) => z.record(z.string(), z.string()).default({}).describe(description);
const list = (description: string) => z.array(z.record(z.string(), z.unknown())).default([]).describe(description);

/** Resource requests and limits of a container, as in a pod. */
const resources = (defaults: Record<string, Record<string, string>>) =>
  z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.number()])))
    .default(defaults)
    .describe("Resources, as in a container.");

/** Scheduling constraints of pods. */
const placement = {
  nodeSelector: words("Labels that a node must have."),
  tolerations: list("Tolerations, as in a pod."),
  affinity: z.record(z.string(), z.unknown()).default({}).describe("Affinity, as in a pod."),
  priorityClassName: z.string().default("").describe("Priority class of the pods."),
};

const address = (description: string) =>
  z
    .string()
    // Without quotes, braces and backslashes: the address is part of an expression of the admission policies.
    .regex(/^(https?:\/\/[^\s/?#'"`\\{}]+[^\s?#'"`\\{}]*)?$/)
    .default("")
    .describe(description);

const logLevel = z.enum(["debug", "info", "warn"]).default("info").describe("Lowest level of logged messages.");

const Images = z
  .strictObject({
    registry: z
      .string()
      .default("")
      .describe(
        "Registry of builderpool-operator, builderpool-builder and builderpool-logs, without a slash at the end.",
      ),
    tag: z.string().default("").describe("Tag of the three images. Default: the version of the chart."),
    pullPolicy: z
      .enum(["Always", "IfNotPresent", "Never"])
      .default("IfNotPresent")
      .describe("Pull policy of the images."),
    pullSecrets: z
      .array(z.strictObject({ name: z.string().min(1).describe("Name of the Secret.") }))
      .default([])
      .describe("Secrets for pulling the images, as in a pod."),
  })
  .prefault({})
  .describe("Images of builderpool. Each pool names its own image for builds.");

const Operator = z
  .strictObject({
    replicas: z
      .int()
      .min(1)
      .max(5)
      .default(2)
      .describe("Number of replicas. One is the leader. The others are on standby."),
    logLevel,
    resources: resources({ requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "512Mi" } }),
    ...placement,
  })
  .prefault({})
  .describe("The operator.");

const Volume = z
  .strictObject({
    size: Quantity.default("200Gi").describe("Size of the volume claim."),
    storageClassName: z.string().default("").describe("Storage class. Default: the default class of the cluster."),
    existingClaim: z.string().default("").describe("Name of an existing volume claim to use, instead of a new one."),
  })
  .prefault({})
  .describe("Volume for the logs. `helm uninstall` keeps the volume claim, so no log is lost.");

const Service = z
  .strictObject({
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).default("ClusterIP").describe("Type of the Service."),
    clusterIP: z.string().default("").describe("A fixed address, for clusters without DNS."),
  })
  .prefault({})
  .describe("Service of the log service inside the cluster.");

const Ingress = z
  .strictObject({
    enabled: z.boolean().default(false).describe("Whether to create an Ingress."),
    className: z.string().default("").describe("Ingress class. Default: the default class of the cluster."),
    host: z
      .string()
      .regex(/^[A-Za-z0-9.-]*$/)
      .default("")
      .describe("Host name, such as ali-ci.example.org."),
    tlsSecret: z.string().default("").describe("Secret with the certificate of the host. Empty: plain HTTP."),
    annotations: words("Annotations of the Ingress."),
  })
  .prefault({})
  .describe("Ingress for access to logs and result pages from outside the cluster.");

const Tls = z
  .strictObject({
    secretName: z
      .string()
      .default("")
      .describe("Secret with `tls.crt` and `tls.key` of the log service. Empty: plain HTTP inside the cluster."),
    caConfigMap: z
      .string()
      .default("")
      .describe("ConfigMap with `ca.crt`, the authority that builders trust. Empty: only public authorities."),
  })
  .prefault({})
  .describe("HTTPS from builders and Ingress to the log service.");

const Logs = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether to run the log service. If false, `url` must name another log service."),
    url: address("Address for builders to PUT logs. Default: the Service of the chart."),
    publicUrl: address(
      "Public address of the logs, for links on GitHub. Default: the Ingress, or the Service if there is no Ingress.",
    ),
    audience: z.string().min(1).default("builderpool-logs").describe("Audience of the tokens that builders send."),
    keep: Duration.default("60d").describe("Age at which logs are deleted."),
    maxSize: Quantity.default("128Mi").describe("Largest accepted log. Must exceed spec.logs.maxSize of every pool."),
    quota: z
      .union([z.literal(""), Quantity])
      .default("")
      .describe("Space for all logs together. Empty: only the volume limits it."),
    logLevel,
    hosts: z
      .array(z.string().regex(/^[A-Za-z0-9.:-]+$/))
      .default(["localhost", "127.0.0.1"])
      .describe("More host names of the log service. It refuses other names than these, its Service and its Ingress."),
    metricsPort: z.int().min(1024).max(65535).default(8081).describe("Port of metrics and probes."),
    tls: Tls,
    volume: Volume,
    service: Service,
    ingress: Ingress,
    resources: resources({ requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "384Mi" } }),
    ...placement,
  })
  .prefault({})
  .describe("The log service. Builders PUT logs, and people GET them.");

const Monitoring = z
  .strictObject({
    podMonitor: z
      .boolean()
      .default(false)
      .describe("Whether to create a PodMonitor for operator and builders, and a ServiceMonitor for the log service."),
    rules: z.boolean().default(false).describe("Whether to create a PrometheusRule with alerts."),
    dashboard: z.boolean().default(false).describe("Whether to create a ConfigMap with a Grafana dashboard."),
    labels: words("Labels for Prometheus to select the PodMonitor and the PrometheusRule."),
  })
  .prefault({})
  .describe("Prometheus and Grafana. Requires their custom resource definitions.");

const port = z.int().min(1).max(65535);

const targets = (description: string) =>
  z
    .array(
      z.strictObject({
        cidr: z
          .string()
          .regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/)
          .describe("Addresses, such as 192.0.2.0/24."),
        except: z
          .array(z.string().regex(/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/))
          .optional()
          .describe("Addresses inside `cidr` that stay closed."),
        ports: z
          .array(
            z.strictObject({
              port: port.describe("Port."),
              endPort: port.optional().describe("Last port of a range."),
              protocol: z.enum(["TCP", "UDP", "SCTP"]).optional().describe("Protocol. Default: TCP."),
            }),
          )
          .optional()
          .describe("Ports. Default: all ports."),
      }),
    )
    .default([])
    .describe(description);

const Network = z
  .strictObject({
    policies: z
      .boolean()
      .default(true)
      .describe("Whether operator and log service get a NetworkPolicy. Builders always get one."),
    egress: targets(
      "Addresses that builders may reach: git, registries, tarball stores, buckets, proxies. Empty: all addresses except the credentials of nodes. DNS, the log service and `apiServer` are always added.",
    ),
    apiServer: targets(
      "Addresses of the API server (`kubectl get endpointslices -n default`). Required with `egress`. Empty: operator and log service may reach ports 443 and 6443 everywhere.",
    ),
    github: targets("Addresses of GitHub for the operator. Empty: port 443 everywhere."),
    metricsFrom: list(
      "Sources of requests for metrics of operator and log service, as in a NetworkPolicy. Empty: all.",
    ),
  })
  .prefault({})
  .describe("NetworkPolicies. A network plugin without policies ignores them.");

const Crds = z
  .strictObject({
    install: z
      .boolean()
      .default(true)
      .describe(
        "Whether to install and upgrade the definitions of BuilderPool, Builder and Build. Set false if another release does.",
      ),
  })
  .prefault({})
  .describe("Custom resource definitions. `helm uninstall` keeps them, so no pool is deleted.");

/** Values of the chart. `values.yaml` and `values.schema.json` are generated from this schema. */
export const Values = z.strictObject({
  images: Images,
  operator: Operator,
  logs: Logs,
  network: Network,
  monitoring: Monitoring,
  crds: Crds,
  global: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Not used. Helm passes it to every chart that is part of another chart."),
});
