import { join } from "node:path";
import type { Layout } from "./layout.ts";

const etcdUrl = "http://127.0.0.1:2379";
export const etcdPort = 2379;

/** The flags of each program of the cluster, by its name. */
export function flagsOf(layout: Layout) {
  const { folder, kubeletFolder, pki, node, nodeAddress } = layout;
  const speaksAs = (name: string) => {
    const file = join(pki, `${name}.kubeconfig`);
    return [`--kubeconfig=${file}`, `--authentication-kubeconfig=${file}`, `--authorization-kubeconfig=${file}`];
  };
  return {
    etcd: [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      "--listen-peer-urls=http://127.0.0.1:0",
      "--log-level=warn",
      "--unsafe-no-fsync",
    ],
    "kube-apiserver": apiServer(layout),
    "kube-controller-manager": [
      ...speaksAs("controllers"),
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      "--use-service-account-credentials=true",
      `--root-ca-file=${pki}/ca.crt`,
      `--service-account-private-key-file=${pki}/sa.key`,
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      "--allocate-node-cidrs=false",
      // The default of 20 requests a second makes 500 pods take 25 s.
      "--kube-api-qps=1000",
      "--kube-api-burst=2000",
      "--concurrent-statefulset-syncs=50",
      // A dead node is seen within 20 s, not 50.
      "--node-monitor-period=1s",
      "--node-monitor-grace-period=16s",
    ],
    "kube-scheduler": [...speaksAs("scheduler"), "--bind-address=127.0.0.1", "--leader-elect=false"],
    kubelet: [
      `--config=${join(folder, "kubelet.yaml")}`,
      `--kubeconfig=${join(pki, "kubelet.kubeconfig")}`,
      `--root-dir=${kubeletFolder}`,
      `--hostname-override=${node}`,
      `--node-ip=${nodeAddress}`,
      "--node-labels=topology.kubernetes.io/zone=z1",
    ],
    "kube-proxy": [`--config=${join(folder, "proxy.yaml")}`],
    provision: [layout.kubeconfig, join(folder, "volumes")],
  };
}

function apiServer({ folder, pki, nodeAddress, services }: Layout): string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=0.0.0.0",
    "--secure-port=6443",
    `--advertise-address=${nodeAddress}`,
    `--cert-dir=${join(folder, "apiserver")}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--kubelet-client-certificate=${pki}/kubelet-client.crt`,
    `--kubelet-client-key=${pki}/kubelet-client.key`,
    `--kubelet-certificate-authority=${pki}/ca.crt`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-signing-key-file=${pki}/sa.key`,
    `--service-account-key-file=${pki}/sa.pub`,
    `--requestheader-client-ca-file=${pki}/ca.crt`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki}/front-proxy.crt`,
    `--proxy-client-key-file=${pki}/front-proxy.key`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    `--service-cluster-ip-range=${services}`,
    "--default-not-ready-toleration-seconds=5",
    "--default-unreachable-toleration-seconds=5",
  ];
}
