import { join, resolve } from "node:path";
import { parseAllDocuments } from "yaml";
import { helm } from "../../support/cluster/helm.ts";

const project = resolve(import.meta.dirname, "../../..");
/** The folder of the chart. */
export const chart = join(project, "deploy/helm/builderpool");

/** Settings for every optional part of the chart. */
export const settings = [
  "logs.ingress.enabled=true",
  "logs.ingress.host=ci.example.org",
  "logs.ingress.tlsSecret=certificate",
  "logs.ingress.className=nginx",
  "logs.ingress.annotations.a=b",
  "logs.quota=100Gi",
  "logs.volume.storageClassName=fast",
  "logs.service.clusterIP=10.96.0.9",
  "logs.nodeSelector.disk=big",
  "operator.priorityClassName=high",
  "operator.resources.limits.cpu=2",
  "operator.tolerations[0].operator=Exists",
  "operator.affinity.nodeAffinity.x=y",
  "images.registry=images.example.org/ci/",
  "images.pullSecrets[0].name=pull",
  "monitoring.podMonitor=true",
  "monitoring.rules=true",
  "monitoring.dashboard=true",
  "monitoring.labels.release=prometheus",
  "logs.tls.secretName=logs-tls",
  "logs.tls.caConfigMap=logs-ca",
  "logs.hosts[0]=proxy.example.org",
  "network.egress[0].cidr=192.0.2.0/24",
  "network.egress[0].ports[0].port=443",
  "network.apiServer[0].cidr=10.0.0.1/32",
  "network.github[0].cidr=140.82.112.0/20",
  "network.metricsFrom[0].podSelector.matchLabels.app=prometheus",
  "operator.extraEnv[0].name=EXTRA",
  "operator.extraEnv[0].value=more",
  "proxy.https=http://proxy.example.org:3128",
  "proxy.http=https://proxy.example.org/",
  "proxy.noProxy[0]=.example.org",
  "caConfigMap=site-ca",
  "operator.extraVolumes[0].name=extra",
  "operator.extraVolumeMounts[0].name=extra",
  "operator.extraVolumeMounts[0].mountPath=/extra",
  "operator.podLabels.team=ci",
  "operator.podAnnotations.note=yes",
  "operator.serviceAccount.annotations.role=ci",
  "logs.extraVolumes[0].name=extra",
  "logs.extraVolumeMounts[0].name=extra",
  "logs.extraVolumeMounts[0].mountPath=/extra",
  "logs.serviceAccount.name=existing",
].flatMap((value) => ["--set", value]);
/** The same for a cluster with the kinds of Prometheus. */
export const everything = [...settings, "--api-versions", "monitoring.coreos.com/v1"];
/** A kubeconfig for commands that need no cluster. */
export const nowhere = "/dev/null";

/** An object of the rendered chart. */
export interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The objects of the chart with these arguments of helm. */
export async function rendered(...args: string[]): Promise<readonly Rendered[]> {
  const text = await helm(nowhere, ["template", "builderpool", chart, "--namespace", "ci", ...args]);
  return parseAllDocuments(text).map((document) => document.toJS({ maxAliasCount: 0 }));
}
