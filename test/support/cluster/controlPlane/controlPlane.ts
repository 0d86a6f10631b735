import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../freePorts.ts";
import { applyManifests, kubectl } from "../kubectl.ts";
import { type Leashed, startLeashed } from "../leashed.ts";
import { isAlive } from "../programs/cache.ts";
import { kubernetes } from "../programs/kubernetes.ts";
import { during } from "../programs/progress.ts";
import { until } from "../until.ts";
import { startKwok } from "./kwok.ts";
import { kubeconfigOf, writePki } from "./pki.ts";

export interface ControlPlane extends AsyncDisposable {
  /** Path of a kubeconfig with cluster administrator rights. */
  readonly kubeconfig: string;
  /** Path of the audit log, one JSON line for each write. Empty without the option `audit`. */
  readonly auditLog: string;
  /** Kills the API server. etcd keeps its data. */
  stopApiServer(): Promise<void>;
  /** Restarts the API server at the same address. Resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Stops the control plane and deletes its data. The end of an `await using` scope does the same. */
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Adds the controllers of Kubernetes (StatefulSets, garbage collection, service accounts), scheduler and volumes. */
  readonly controllers?: boolean;
  /** Adds simulated nodes and pods: see `kwok/`. */
  readonly kwok?: boolean;
  /** Adds a log of all writes except heartbeats, with user, object and times of the API server. */
  readonly audit?: boolean;
  /** Audience of the API server. Default: its issuer. */
  readonly apiAudience?: string;
}

interface Files {
  readonly folder: string;
  readonly pki: string;
  readonly kubeconfig: string;
  /** Path of the audit log, undefined without one. */
  readonly audit: string | undefined;
  readonly apiAudience: string | undefined;
}

const prefix = "builderpool-control-plane-";
const attempts = 3;
const auditPolicy = join(import.meta.dirname, "auditPolicy.yaml");

/**
 * Starts a real API server with a real etcd on free ports of loopback, without nodes and without root.
 * Several can run at once. Each stops with this process at the latest.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const program = await kubernetes();
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const audit = options.audit === true ? join(folder, "audit.log") : undefined;
  const files = {
    folder,
    pki: join(folder, "pki"),
    kubeconfig: join(folder, "kubeconfig"),
    audit,
    apiAudience: options.apiAudience,
  };
  const servers: Leashed[] = [];
  let startApiServer = async () => {};
  const stop = async () => {
    for (const server of servers.toReversed()) await server.stop();
    servers.length = 0;
  };
  try {
    await writePki(files.pki, [
      { name: "apiserver", commonName: "kube-apiserver", dnsNames: ["localhost"], addresses: ["127.0.0.1"] },
      { name: "admin", commonName: "admin", organization: "system:masters" },
    ]);
    await during("starting a control plane", async () => {
      startApiServer = await startServers(program, files, servers, stop);
    });
    if (options.controllers === true) await startControllers(program, files, servers);
    if (options.kwok === true) servers.push(await startKwok(files.kubeconfig, folder));
  } catch (error) {
    await stop();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const close = async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  const stopApiServer = async () => {
    await servers.findLast(({ name }) => name === "kube-apiserver")?.stop();
  };
  const auditLog = audit ?? "";
  return { kubeconfig: files.kubeconfig, auditLog, stopApiServer, startApiServer, close, [Symbol.asyncDispose]: close };
}

/** Another process may take a free port before its use: then this retries with other ports. */
async function startServers(program: string, files: Files, servers: Leashed[], stop: () => Promise<void>) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(program, files, servers);
    } catch (error) {
      await stop();
      await rm(join(files.folder, "etcd"), { recursive: true, force: true });
      if (attempt === attempts || !/address already in use/.test(String(error))) throw error;
    }
  }
}

/** Returns a function that restarts a stopped API server. */
async function startOnce(program: string, { folder, pki, kubeconfig, audit, apiAudience }: Files, servers: Leashed[]) {
  const [etcdPort, port] = await freePorts(2);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const start = (name: string, flags: readonly string[]) => {
    const server = startLeashed(name, [program, name, ...flags], join(folder, `${name}.log`));
    servers.push(server);
    return server;
  };
  await writeFile(kubeconfig, await kubeconfigOf(pki, "admin", `https://127.0.0.1:${port}`), { mode: 0o600 });

  const etcd = start("etcd", [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    "--listen-peer-urls=http://127.0.0.1:0",
    "--log-level=warn",
    "--unsafe-no-fsync",
  ]);
  await untilReady(etcd, async () => (await fetch(`${etcdUrl}/health`)).ok);

  const flags = [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    // An unused address. It must not be a loopback address. Without this flag the server needs a default route.
    "--advertise-address=192.0.2.1",
    `--cert-dir=${folder}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    ...(apiAudience === undefined ? [] : [`--api-audiences=${apiAudience}`]),
    `--service-account-signing-key-file=${pki}/sa.key`,
    `--service-account-key-file=${pki}/sa.pub`,
    "--authorization-mode=RBAC",
    // Without controllers, namespaces get no default account. Tests create the accounts they use.
    "--disable-admission-plugins=ServiceAccount",
    // As on OpenShift: an owner reference needs permission on the owner.
    "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
    "--allow-privileged=true",
    "--service-cluster-ip-range=10.96.0.0/16",
    ...(audit === undefined ? [] : [`--audit-policy-file=${auditPolicy}`, `--audit-log-path=${audit}`]),
    "--audit-log-maxsize=2000",
  ];
  const startApiServer = async () => {
    const server = start("kube-apiserver", flags);
    await untilReady(server, async () => (await kubectl(kubeconfig, ["get", "--raw", "/readyz"])) === "ok");
  };
  await startApiServer();
  return startApiServer;
}

async function startControllers(program: string, { folder, pki, kubeconfig }: Files, servers: Leashed[]) {
  const common = [`--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--secure-port=0"];
  const controllers = startLeashed(
    "kube-controller-manager",
    [
      ...[program, "kube-controller-manager", ...common, "--use-service-account-credentials=true"],
      ...[`--root-ca-file=${pki}/ca.crt`, `--service-account-private-key-file=${pki}/sa.key`],
      // The default of 20 requests a second makes 500 pods take 25 s.
      ...["--kube-api-qps=1000", "--kube-api-burst=2000", "--concurrent-statefulset-syncs=50"],
      ...["--node-monitor-period=1s", "--node-monitor-grace-period=16s"],
    ],
    join(folder, "kube-controller-manager.log"),
  );
  servers.push(controllers);
  const scheduler = [program, "kube-scheduler", ...common, "--kube-api-qps=1000", "--kube-api-burst=2000"];
  servers.push(startLeashed("kube-scheduler", scheduler, join(folder, "kube-scheduler.log")));
  const provision = [program, "provision", kubeconfig, join(folder, "volumes")];
  servers.push(startLeashed("provision", provision, join(folder, "provision.log")));
  await applyManifests(kubeconfig, [join(import.meta.dirname, "../storageClass.yaml")]);
  await untilReady(controllers, async () => (await kubectl(kubeconfig, ["get", "serviceaccount", "default"])) !== "");
}

/** Resolves when `answers` returns true. Rejects with the end of the log if the server exits first. */
async function untilReady(server: Leashed, answers: () => Promise<boolean>): Promise<void> {
  await until(`${server.name} is ready`, async () => {
    if (server.hasExited()) throw new Error(`${server.name} exited:\n${await server.logTail()}`);
    return answers().catch(() => false);
  });
}

/** Deletes the folders of killed processes. Their servers died with them. Folders of other users stay. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-")[0]) : Number.NaN;
    if (!(owner > 0) || isAlive(owner)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}
