import { noProxyOf } from "../../../../api/values/noProxy.ts";
import type { Setting } from "../manifest.ts";
import { capsule } from "./capsule.ts";

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Name of the volume with the authorities of the site. */
export const siteVolume = "site-authorities";
const siteFolder = "/etc/builderpool-ca";
/** Public authorities and the authorities of the site. The capsule container writes the file. */
const authoritiesFile = `${capsule}/authorities.pem`;
/**
 * Variables of git, pip, curl and Python for a file of authorities. Each of them replaces the authorities of the image.
 */
const authorityVariables = ["SSL_CERT_FILE", "GIT_SSL_CAINFO", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
/** Names inside the cluster. The kubelet replaces the first with the address of the API server. */
const inside = ["$(KUBERNETES_SERVICE_HOST)", "kubernetes.default.svc", ".svc", ".cluster.local"];
const thisHost = ["localhost", "127.0.0.1", "::1"];

/**
 * Proxy and authorities of the site, as variables of a cell and of the builder. API server and log service are reached
 * without the proxy.
 */
export function siteEnvironmentOf(setting: Setting): readonly Variable[] {
  return [...proxyEnvironmentOf(setting), ...(hasAuthorities(setting) ? authorityVariables.map(fileOf) : [])];
}

function proxyEnvironmentOf({ proxy, logs }: Setting): readonly Variable[] {
  if (proxy?.https === undefined && proxy?.http === undefined) return [];
  const direct = [...inside, ...thisHost, new URL(logs.url).hostname, ...noProxyOf(proxy.noProxy)];
  const values = {
    HTTPS_PROXY: proxy.https ?? proxy.http,
    HTTP_PROXY: proxy.http,
    NO_PROXY: [...new Set(direct)].join(","),
  };
  // curl reads HTTP_PROXY in small letters only.
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, name.toLowerCase()].map((either) => ({ name: either, value })),
  );
}

/**
 * Variables of the builder's own Node. Node takes one more file of authorities: the log service has its own, and then
 * the builder adds `SSL_CERT_FILE` itself.
 */
export function siteNodeEnvironmentOf(setting: Setting, logsAuthorityFile: string): readonly Variable[] {
  const file =
    setting.logs.caConfigMap !== undefined ? logsAuthorityFile : hasAuthorities(setting) ? authoritiesFile : undefined;
  return [
    ...(file === undefined ? [] : [{ name: "NODE_EXTRA_CA_CERTS", value: file }]),
    ...(proxyEnvironmentOf(setting).length > 0 ? [{ name: "NODE_USE_ENV_PROXY", value: "1" }] : []),
  ];
}

/** Variables of the container that writes the file of authorities. */
export function siteCapsuleEnvironmentOf(setting: Setting): readonly Variable[] {
  return hasAuthorities(setting) ? [{ name: "NODE_EXTRA_CA_CERTS", value: `${siteFolder}/ca.crt` }] : [];
}

/** Mount of the ConfigMap in the container that writes the file of authorities. */
export function siteCapsuleMountsOf(setting: Setting): readonly object[] {
  return hasAuthorities(setting) ? [{ name: siteVolume, mountPath: siteFolder, readOnly: true }] : [];
}

/** Whether the containers need the file of authorities. */
export function hasAuthorities({ caConfigMap }: Setting): boolean {
  return caConfigMap !== undefined;
}

/** Volume of the ConfigMap. Without the key `ca.crt` no container starts, and an Event of the pod names the key. */
export function siteVolumesOf({ caConfigMap: name }: Setting): readonly object[] {
  if (name === undefined) return [];
  return [{ name: siteVolume, configMap: { name, items: [{ key: "ca.crt", path: "ca.crt" }] } }];
}

function fileOf(name: string): Variable {
  return { name, value: authoritiesFile };
}
