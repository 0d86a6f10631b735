import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from "vitest";
import { apiVersion, poolLabel } from "../../src/api/objects/group.ts";
import { baseUser, builderUser, cellUser } from "../../src/core/pool/manifest/pod/security.ts";
import { builderRules } from "../../src/core/pool/manifest/rights.ts";
import { buildObject } from "../support/builder/builderWorld.ts";
import type { Container } from "../support/cell/serveCell.ts";
import { aCellWorld, helloCheck } from "../support/cell/world.ts";
import { type ControlPlane, startControlPlane } from "../support/cluster/controlPlane/controlPlane.ts";
import { freePorts } from "../support/cluster/freePorts.ts";
import { applyManifests, kubectl } from "../support/cluster/kubectl.ts";
import { until } from "../support/cluster/until.ts";
import { serveGit } from "../support/github/git/serve.ts";
import { aPodFolder, type PodFolder, writeSecret } from "../support/pod/podFolder.ts";

const repository = resolve(import.meta.dirname, "../..");
const namespace = "ci";
const logsToken = "token-for-the-log-service";
const gitToken = "token-for-the-private-repositories";

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
  await applyManifests(cluster.kubeconfig, [join(repository, "crds")]);
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const name = "o2-builder";
  await create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
  const rbac = "rbac.authorization.k8s.io";
  await create({ apiVersion: `${rbac}/v1`, kind: "Role", metadata: { name, namespace }, rules: builderRules });
  await create({
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name, namespace },
    roleRef: { apiGroup: rbac, kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  });
});
afterAll(() => cluster.close());

async function create(object: object): Promise<void> {
  await kubectl(cluster.kubeconfig, ["apply", "--server-side", "-f", "-"], JSON.stringify(object));
}

async function get(kind: string, name: string) {
  return JSON.parse(await kubectl(cluster.kubeconfig, ["-n", namespace, "get", kind, name, "-o", "json"]));
}

/** A log service that accepts every log. */
async function aLogService() {
  const received = new Map<string, { readonly authorization: string | undefined; readonly body: string }>();
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      received.set(request.url ?? "", { authorization: request.headers.authorization, body });
      response.writeHead(201).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** A git server of private repositories. Returns its address. */
async function aPrivateRemote(repositories: string): Promise<string> {
  const wanted = `Basic ${Buffer.from(`x-access-token:${gitToken}`).toString("base64")}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization === wanted) serveGit(repositories, "", request, response);
    else response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A private remote with pull requests, and its pool. Each build prints the content of `hello.in`. Returns the address. */
async function aPool(scripts: readonly string[]): Promise<string> {
  const { hello, alidist, root } = aCellWorld();
  const remote = join(root, "remote");
  for (const owner of ["o", "alisw"]) mkdirSync(join(remote, owner), { recursive: true });
  const commits = scripts.map((script) => hello.propose({ "hello.in": script }));
  for (const [index, commit] of commits.entries())
    execFileSync("git", ["-C", hello.path, "update-ref", `refs/pull/${index + 1}/head`, commit]);
  execFileSync("git", ["clone", "-q", "--mirror", hello.path, join(remote, "o/hello.git")]);
  execFileSync("git", ["clone", "-q", "--mirror", alidist.path, join(remote, "alisw/alidist.git")]);
  const gitUrl = await aPrivateRemote(remote);
  await create({
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
      warmup: { builds: "All" },
      cleanup: { minFree: "1Mi" },
      github: { gitUrl, gitSecretRef: { name: "git" } },
    },
  });
  await create({
    apiVersion,
    kind: "Builder",
    metadata: { name: "o2-0", namespace, labels: { [poolLabel]: "o2" } },
    spec: { pool: "o2", desired: "Active", workerIndex: 0, poolSize: 1, external: false },
  });
  for (const [index, commit] of commits.entries()) {
    const { metadata, ...build } = buildObject(index + 1, { commit });
    await create({ ...build, metadata: { ...metadata, namespace } });
  }
  return gitUrl;
}

async function startBuilder(pod: PodFolder, { logsUrl, gitUrl }: Readonly<Record<"logsUrl" | "gitUrl", string>>) {
  const config = await kubectl(cluster.kubeconfig, ["config", "view", "--raw", "--minify", "-o", "json"]);
  const {
    server,
    "certificate-authority-data": data,
    "certificate-authority": file,
  } = JSON.parse(config).clusters[0].cluster;
  writeSecret(pod, "ca.crt", data === undefined ? readFileSync(file, "utf8") : Buffer.from(data, "base64").toString());
  writeSecret(pod, "namespace", namespace);
  writeSecret(pod, "token", await kubectl(cluster.kubeconfig, ["-n", namespace, "create", "token", "o2-builder"]));
  writeSecret(pod, "logs-token", logsToken);
  mkdirSync(join(pod.secrets, "git"));
  writeSecret(pod, "git/token", gitToken);
  const [port] = await freePorts(1);
  const { hostname, port: apiPort } = new URL(server);
  const container = pod.startBuilder({
    BUILDERPOOL_NAMESPACE: namespace,
    BUILDERPOOL_NAME: "o2-0",
    BUILDERPOOL_POOL: "o2",
    BUILDERPOOL_REVISION: "r1",
    BUILDERPOOL_POD_UID: "11111111-2222-3333-4444-555555555555",
    BUILDERPOOL_HOST: "some-node",
    BUILDERPOOL_DATA: pod.data,
    BUILDERPOOL_CELL_SOCKET: pod.sockets.build,
    BUILDERPOOL_BASE_SOCKET: pod.sockets.base,
    BUILDERPOOL_LOGS_URL: logsUrl,
    BUILDERPOOL_LOGS_PUBLIC_URL: "https://logs.test",
    BUILDERPOOL_LOGS_TOKEN_FILE: join(pod.secrets, "logs-token"),
    BUILDERPOOL_API_FOLDER: pod.secrets,
    BUILDERPOOL_GIT_URL: gitUrl,
    BUILDERPOOL_GIT_CREDENTIAL: join(pod.secrets, "git"),
    BUILDERPOOL_PORT: String(port),
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: apiPort,
  });
  return { container, ask: (path: string) => asked(`http://127.0.0.1:${port}${path}`, container) };
}

async function asked(url: string, { child, output }: Container) {
  if (child.exitCode !== null) throw new Error(`the builder ended: ${output()}`);
  const answer = await fetch(url).catch(() => undefined);
  return { status: answer?.status, text: (await answer?.text()) ?? "" };
}

describe.runIf(process.getuid?.() === 0)("a builder pod", () => {
  it("fetches private repositories, warms up, builds, stores the log and drains, each container as its own user, with only its Role's rights", async () => {
    const logs = await aLogService();
    const gitUrl = await aPool(['echo "echo changed"\n', 'sleep 20\necho "echo slow"\n']);
    const pod = await aPodFolder();
    const { container, ask } = await startBuilder(pod, { logsUrl: logs.url, gitUrl });
    onTestFailed(() => console.error(container.output()));
    await until("the builder listens", async () => (await ask("/livez")).status === 200);
    const cold = await ask("/readyz");
    expect(cold).toEqual({ status: 503, text: '"o2-0" is not warm, or drains: kubectl get builder o2-0\n' });

    await Promise.all([pod.startCell("base"), pod.startCell("build")]);
    await until("it is warm", async () => (await ask("/readyz")).status === 200, 400_000);
    const { phase, warm, incarnation, versions } = (await get("builder", "o2-0")).status;
    expect({ phase, warm }).toMatchObject({ phase: "Ready", warm: { incarnation, revision: "r1" } });
    expect(versions).toMatchObject({ builderpool: expect.any(String), git: expect.any(String) });
    expect(JSON.parse(readFileSync(join(pod.data, "state/ready"), "utf8"))).toEqual(warm);
    expect((await ask("/metrics")).text).toContain("builderpool_builder_ready 1");

    const verdictOf = async (name: string) => (await get("build", name)).status?.verdict;
    await until("the first is built", async () => (await verdictOf("o2-hello-1")) !== undefined, 200_000);
    expect(await verdictOf("o2-hello-1")).toMatchObject({ result: "Success", log: { stored: true } });
    const [, log] = [...logs.received].find(([path]) => path.endsWith("/fullLog.txt")) ?? [];
    expect(log).toMatchObject({ authorization: `Bearer ${logsToken}`, body: expect.stringContaining("## Begin ") });
    const owner = (path: string) => statSync(join(pod.data, path)).uid;
    await until("its work area is parked", async () => existsSync(join(pod.data, "parked/build_hello/1/hello")));
    expect(owner("parked/build_hello/1/hello")).toBe(cellUser);
    expect([owner("base/build_hello/hello"), owner("tools/alibuild-1.17.44")]).toEqual([baseUser, baseUser]);
    expect(["mirror/o/hello.git", "parked", "area"].map(owner)).toEqual([builderUser, builderUser, builderUser]);

    await until("the second runs", async () => (await get("build", "o2-hello-2")).status?.step === "build", 200_000);
    container.child.kill("SIGTERM");
    await until("it drains", async () => (await ask("/readyz").catch(() => cold)).status !== 200);
    expect(await container.ended).toEqual({ code: 0, signal: null });
    expect(await verdictOf("o2-hello-2")).toMatchObject({ result: "Success" });
    expect((await get("builder", "o2-0")).status).toMatchObject({ phase: "Drained" });
    const { stdout } = await execa("grep", ["-rlaF", gitToken, pod.data], { reject: false });
    const said = JSON.stringify([...logs.received, await get("build", "o2-hello-1"), await get("builder", "o2-0")]);
    expect([stdout, `${said}${container.output()}`.includes(gitToken)]).toEqual(["", false]);
  });
});
