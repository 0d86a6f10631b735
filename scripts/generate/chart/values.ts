import { z } from "zod";
import { Duration } from "../../../src/api/values/duration.ts";
import { Quantity } from "../../../src/api/values/quantity.ts";
import { list, Network, SiteProxy } from "./network.ts";

const words = (description: string) => z.record(z.string(), z.string()).default({}).describe(description);

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

/** Additions to the pods of a component. */
const additions = {
  podLabels: words("More labels of the pods."),
  podAnnotations: words("Annotations of the pods."),
  extraEnv: list("More environment variables of the container, as in a container."),
  extraVolumes: list("More volumes of the pods, as in a pod."),
  extraVolumeMounts: list("Mounts of these volumes, as in a container."),
  serviceAccount: z
    .strictObject({
      name: z.string().default("").describe("Name of an existing ServiceAccount. Empty: the chart creates one."),
      annotations: words("Annotations of the ServiceAccount that the chart creates."),
    })
    .prefault({})
    .describe("ServiceAccount of the pods."),
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
    ...additions,
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
    annotations: z
      .record(z.string(), z.string())
      .default({ "nginx.ingress.kubernetes.io/proxy-body-size": "0" })
      .describe(
        "Annotations of the Ingress. The default lifts the size limit of ingress-nginx: outside hosts PUT logs of up to `maxSize`.",
      ),
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
    audience: z
      .string()
      .regex(/^[A-Za-z0-9._:/-]+$/)
      .default("builderpool-logs")
      .describe("Audience of the tokens that builders send."),
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
    ...additions,
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

const Rights = z
  .strictObject({
    aggregate: z
      .boolean()
      .default(true)
      .describe(
        "Whether the ClusterRoles view, edit and admin include pools, Builders and Builds. The right to edit pools includes the use of every Secret of the namespace, as `edit` already allows.",
      ),
  })
  .prefault({})
  .describe("Rights of people.");

const Pools = z
  .strictObject({
    volumes: z
      .array(z.string().regex(/^[A-Za-z]+$/))
      .default([])
      .describe(
        "Kinds of volumes that `spec.template.volumes` may have beyond emptyDir, configMap, downwardAPI and projected ones of these, such as nfs. A hostPath or secret lets authors of pools read more than their own.",
      ),
  })
  .prefault({})
  .describe("Limits of pools.");

const Hosts = z
  .strictObject({
    apiAudiences: z
      .array(z.string().regex(/^[A-Za-z0-9._:/-]+$/))
      .default([
        "https://kubernetes.default.svc.cluster.local",
        "https://kubernetes.default.svc",
        "kubernetes.default.svc",
        "k3s",
        "rke2",
      ])
      .describe(
        "Audiences of the API server, for which hosts may request tokens. A refused `enrol` names this value. `kubectl create token default` shows the audience, as `aud` in the middle part of the token.",
      ),
  })
  .prefault({})
  .describe("Hosts outside the cluster, as in `spec.external` of pools.");
const Builders = z
  .strictObject({
    userNamespaces: z
      .boolean()
      .default(false)
      .describe(
        "Whether pods of builders get user namespaces (`hostUsers: false`). Needs Kubernetes 1.33, and a kernel, container runtime and volumes with ID-mapped mounts on every node. Applies to new pods.",
      ),
  })
  .prefault({})
  .describe("The pods of builders. Each pool sets everything else in `spec.template`.");

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
  fullnameOverride: z
    .string()
    .regex(/^([a-z]([-a-z0-9]{0,38}[a-z0-9])?)?$/)
    .default("")
    .describe("Start of all names of the chart. Default: the name of the release."),
  images: Images,
  operator: Operator,
  logs: Logs,
  builders: Builders,
  hosts: Hosts,
  network: Network,
  proxy: SiteProxy,
  caConfigMap: z
    .string()
    .default("")
    .describe(
      "ConfigMap with `ca.crt`: private authorities that operator, builders and builds trust beside the public ones. Applies to new pods of builders.",
    ),
  pools: Pools,
  monitoring: Monitoring,
  rights: Rights,
  crds: Crds,
  global: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Not used. Helm passes it to every chart that is part of another chart."),
});
