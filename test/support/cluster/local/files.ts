import { join } from "node:path";
import type { Layout } from "./layout.ts";

/** Configuration files of the node's programs, by name in the folder of the cluster. Kubernetes reads JSON as YAML. */
export function filesOf(layout: Layout, pauseImage: string): Readonly<Record<string, string>> {
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  return {
    "containerd.toml": containerd(layout, pauseImage),
    "cni/10-builderpool.conflist": json(network(layout)),
    "kubelet.yaml": json(kubelet(layout)),
    "proxy.yaml": json(proxy(layout)),
    "resolv.conf": `nameserver ${layout.nodeAddress}\n`,
    Corefile: corefile(layout),
  };
}

/**
 * `restrict_oom_score_adj`: root without CAP_SYS_RESOURCE must not protect a process from the OOM killer.
 * Many virtual machines are set up this way.
 */
function containerd({ folder, containerdSocket }: Layout, pauseImage: string): string {
  return `version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    discard_unpacked_layers = true
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${folder}/cni"
`;
}

function network({ pods }: Layout) {
  const bridge = {
    type: "bridge",
    bridge: "cni0",
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: "host-local", ranges: [[{ subnet: pods }]], routes: [{ dst: "0.0.0.0/0" }] },
  };
  const plugins = [bridge, { type: "portmap", capabilities: { portMappings: true } }];
  return { cniVersion: "1.0.0", name: "builderpool", plugins };
}

function kubelet(layout: Layout) {
  const { folder, pki, name, containerdSocket, nodeAddress } = layout;
  const never = "0%";
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${name}`,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(pki, "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: join(pki, "kubelet-serving.crt"),
    tlsPrivateKeyFile: join(pki, "kubelet-serving.key"),
    clusterDNS: [nodeAddress],
    clusterDomain: "cluster.local",
    // Not the machine's file: its stub resolver would point back to the CoreDNS of the cluster.
    resolvConf: join(folder, "resolv.conf"),
    podLogsDir: join(folder, "podlogs"),
    volumePluginDir: join(folder, "volplugins"),
    maxPods: 250,
    serializeImagePulls: false,
    oomScoreAdj: 0,
    // The disk belongs to the machine: its usage must not influence tests.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "nodefs.available": never,
      "nodefs.inodesFree": never,
      "imagefs.available": never,
      "memory.available": never,
    },
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    nodeStatusUpdateFrequency: "5s",
    syncFrequency: "10s",
  };
}

function proxy({ pki, node }: Layout) {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "iptables",
    clientConnection: { kubeconfig: join(pki, "proxy.kubeconfig") },
    detectLocalMode: "BridgeInterface",
    detectLocal: { bridgeInterface: "cni0" },
    hostnameOverride: node,
    oomScoreAdj: 0,
    // Read-only in a network namespace.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    iptables: { minSyncPeriod: "200ms" },
  };
}

function corefile({ nodeAddress, pki }: Layout): string {
  return `.:53 {
  bind ${nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${join(pki, "dns.kubeconfig")}
    ttl 5
  }
}
`;
}
