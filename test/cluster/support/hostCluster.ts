import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import { writeJoinCode } from "../../../src/core/host/joinCode.ts";
import { builderRules } from "../../../src/core/pool/manifest/rights.ts";
import { buildObject } from "../../support/builder/builderWorld.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";
import { startControlPlane } from "../../support/cluster/controlPlane/controlPlane.ts";
import { applyManifests, kubectl } from "../../support/cluster/kubectl.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";

const repository = resolve(import.meta.dirname, "../../..");
export const namespace = "ci";
/** The account of the only host, `mac1` of the pool `o2`. */
export const account = "mac1.o2.host";
const program = [join(repository, "node_modules/.bin/node"), join(repository, "src/cli/main.ts")] as const;

/** A control plane without an operator: the tests write what an operator would write. */
export type HostCluster = Awaited<ReturnType<typeof aHostCluster>>;

export async function aHostCluster() {
  const cluster = await startControlPlane();
  await applyManifests(cluster.kubeconfig, [join(repository, "crds")]);
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await giveAccount();

  async function create(object: object): Promise<void> {
    await kubectl(cluster.kubeconfig, ["apply", "--server-side", "-f", "-"], JSON.stringify(object));
  }

  async function get(kind: string, name: string) {
    return JSON.parse(await kubectl(cluster.kubeconfig, ["-n", namespace, "get", kind, name, "-o", "json"]));
  }

  /** The account of the host with the rights that the operator gives it. */
  async function giveAccount(): Promise<void> {
    const metadata = { name: account, namespace };
    const rbac = "rbac.authorization.k8s.io";
    const rules = [
      ...builderRules,
      { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [account], verbs: ["create"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["kube-root-ca.crt"], verbs: ["get"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["grid"], verbs: ["get"] },
    ];
    await create({ apiVersion: "v1", kind: "ServiceAccount", metadata });
    await create({ apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules });
    await create({
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "Role", name: account },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    });
  }

  /** A log service that accepts every log. */
  async function aLogService() {
    const received = new Map<string, string>();
    const server: Server = createServer((request, response) => {
      request.resume().on("end", () => {
        if (request.method === "PUT") received.set(request.url ?? "", request.headers.authorization ?? "");
        response.writeHead(request.method === "PUT" ? 201 : 200).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  }

  /** A remote with pull requests, and its pool with one host. */
  async function aPool(scripts: readonly string[], logs: string): Promise<void> {
    const { hello, alidist, root } = aCellWorld();
    const remote = join(root, "remote");
    for (const owner of ["o", "alisw"]) mkdirSync(join(remote, owner), { recursive: true });
    const commits = scripts.map((script) => hello.propose({ "hello.in": script }));
    for (const [index, commit] of commits.entries())
      execFileSync("git", ["-C", hello.path, "update-ref", `refs/pull/${index + 1}/head`, commit]);
    execFileSync("git", ["clone", "-q", "--mirror", hello.path, join(remote, "o/hello")]);
    execFileSync("git", ["clone", "-q", "--mirror", alidist.path, join(remote, "alisw/alidist")]);
    execFileSync("chmod", ["-R", "a+rX", root]);
    const pool = {
      apiVersion,
      kind: "BuilderPool",
      metadata: { name: "o2", namespace },
      spec: {
        package: "hello",
        repository: "o/hello",
        image: "not.used/here:1",
        architecture: helloCheck.architecture,
        developmentPackages: [{ repository: "o/hello" }, { repository: "alisw/alidist" }],
        checks: [{ name: "build/hello" }],
        cellSecrets: [{ name: "grid" }],
        cleanup: { minFree: "1Mi" },
        github: { gitUrl: `file://${remote}` },
      },
    };
    await create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "grid", namespace, ...consentTo("cell") },
      stringData: { key: "k1" },
    });
    await create(pool);
    await writeStatus("builderpool", "o2", { hostLogs: { url: logs, audience: "logs" } });
    await writeBuilder({});
    for (const [index, commit] of commits.entries()) {
      const { metadata, ...build } = buildObject(index + 1, { commit });
      await create({ ...build, metadata: { ...metadata, namespace } });
    }
  }

  async function writeBuilder(spec: object): Promise<void> {
    const { uid } = (await get("serviceaccount", account)).metadata;
    await create({
      apiVersion,
      kind: "Builder",
      metadata: { name: "mac1", namespace, labels: { [poolLabel]: "o2" } },
      spec: {
        pool: "o2",
        desired: "Active",
        workerIndex: 0,
        poolSize: 1,
        external: true,
        account: uid,
        revision: "r1",
        ...spec,
      },
    });
  }

  async function writeStatus(kind: string, name: string, status: object): Promise<void> {
    const args = ["-n", namespace, "patch", kind, name, "--subresource=status", "--type=merge", "-p"];
    await kubectl(cluster.kubeconfig, [...args, JSON.stringify({ status })]);
  }

  /** A code as `join` writes it. */
  async function aCode(): Promise<string> {
    const config = await kubectl(cluster.kubeconfig, ["config", "view", "--raw", "--minify", "-o", "json"]);
    const {
      server,
      "certificate-authority-data": data,
      "certificate-authority": file,
    } = JSON.parse(config).clusters[0].cluster;
    const args = ["-n", namespace, "create", "token", account, "--duration=15m"];
    return writeJoinCode({
      ...{ server, namespace, pool: "o2", name: "mac1" },
      authority: data === undefined ? readFileSync(file, "utf8") : Buffer.from(data, "base64").toString(),
      token: (await kubectl(cluster.kubeconfig, args)).trim(),
      expiresAt: new Date(Date.now() + 15 * 60_000).toISOString(),
    });
  }

  /** A machine with a state folder and a work folder. */
  function aMachine() {
    const root = mkdtempSync(join(tmpdir(), "builderpool-host-"));
    chmodSync(root, 0o755);
    const [state, work] = [join(root, "state"), join(root, "work")];
    const [node, main] = program;
    const running: ChildProcess[] = [];
    onTestFinished(async () => {
      for (const child of running) if (child.exitCode === null) child.kill("SIGKILL");
      rmSync(root, { recursive: true, force: true });
    });
    return {
      state,
      work,
      async enrol(code: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
        const args = [main, "agent", "enrol", "-", "--no-install", "--state-dir", state, "--work-dir", work];
        const { stdout, stderr } = await execa(node, args, { input: code, env, reject: false });
        return stdout || stderr;
      },
      run() {
        const child = spawn(node, [main, "agent", "run", "mac1", "--state-dir", state], {
          env: handedOn(process.env),
          stdio: ["ignore", "pipe", "pipe"],
        });
        running.push(child);
        let output = "";
        for (const stream of [child.stdout, child.stderr])
          stream.setEncoding("utf8").on("data", (text: string) => {
            output += text;
          });
        const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
        return { child, ended, output: () => output };
      },
      report: () => JSON.parse(readFileSync(join(state, "running.json"), "utf8")),
    };
  }

  return {
    kubectl: (...args: readonly string[]) => kubectl(cluster.kubeconfig, ["-n", namespace, ...args]),
    close: () => cluster.close(),
    review: (token: string) =>
      kubectl(
        cluster.kubeconfig,
        ["create", "-o", "json", "-f", "-"],
        JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } }),
      ),
    ...{ get, giveAccount, aLogService, aPool, writeBuilder, writeStatus, aCode, aMachine },
  };
}
