import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from "vitest";
import { apiVersion, poolLabel } from "../../../src/api/objects/group.ts";
import { readJoinCode, writeJoinCode } from "../../../src/core/host/joinCode.ts";
import { builderRules } from "../../../src/core/pool/manifest/rights.ts";
import { buildObject } from "../../support/builder/builderWorld.ts";
import { handedOn } from "../../support/builder/handedOn.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";
import { type ControlPlane, startControlPlane } from "../../support/cluster/controlPlane/controlPlane.ts";
import { writePki } from "../../support/cluster/controlPlane/pki.ts";
import { applyManifests, kubectl } from "../../support/cluster/kubectl.ts";
import { until } from "../../support/cluster/until.ts";
import { wallClockAt } from "../../support/host/wallClock.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";

const repository = resolve(import.meta.dirname, "../../..");
const namespace = "ci";
const account = "mac1.o2.host";
const program = [join(repository, "node_modules/.bin/node"), join(repository, "src/cli/main.ts")] as const;

let cluster: ControlPlane;
beforeAll(async () => {
  cluster = await startControlPlane();
  await applyManifests(cluster.kubeconfig, [join(repository, "crds")]);
  await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await giveAccount();
});
afterAll(() => cluster.close());

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

const statusOf = async () => (await get("builder", "mac1")).status;
const verdictOf = async (name: string) => (await get("build", name)).status?.verdict;
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));

describe.runIf(process.getuid?.() === 0)("a host outside the cluster", () => {
  it("enrols, builds a pull request, stores the log, ends by order, and waits after a revocation until it enrols again", async () => {
    const logs = await aLogService();
    await aPool(['echo "echo changed"\n'], logs.url);
    const machine = aMachine();
    expect(await machine.enrol(await aCode())).toMatch(
      /^enrolled as "mac1" of pool "o2" at https:.*\n.*\n.*up to 30d\nstart the agent with: builderpool agent run mac1$/,
    );
    expect(statSync(machine.state).mode & 0o777).toBe(0o700);
    expect(
      ["token", "ca.crt", "namespace", "agent.json"].map((file) => statSync(join(machine.state, file)).mode & 0o777),
    ).toEqual([0o600, 0o600, 0o600, 0o600]);

    const { cellUser, workDir } = JSON.parse(readFileSync(join(machine.state, "agent.json"), "utf8"));
    const first = machine.run();
    onTestFailed(() => console.error(first.output()));
    await until("it is warm", async () => (await statusOf())?.phase === "Ready", 400_000);
    const uid = (await get("serviceaccount", account)).metadata.uid;
    expect(await statusOf()).toMatchObject({
      podUid: uid,
      revision: "r1",
      machine: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await until("it has built", async () => (await verdictOf("o2-hello-1")) !== undefined, 200_000);
    expect(await verdictOf("o2-hello-1")).toMatchObject({ result: "Success", builder: "mac1", log: { stored: true } });
    const [authorization = ""] = logs.received.values();
    expect(claimsOf(authorization)).toMatchObject({
      aud: ["logs"],
      sub: `system:serviceaccount:${namespace}:${account}`,
    });
    const sandbox = join(workDir, "builders/mac1");
    expect(readFileSync(join(sandbox, "secrets/grid/key"), "utf8")).toBe("k1");
    expect(statSync(join(sandbox, "home")).uid).toBe(cellUser.uid);
    expect(machine.report()).toMatchObject({ phase: "Ready", troubles: [], connectedSince: expect.any(String) });

    await writeBuilder({ end: (await statusOf()).incarnation, revision: "r2" });
    expect(await first.ended).toBe(0);
    expect((await statusOf()).phase).toBe("Drained");

    const second = machine.run();
    onTestFailed(() => console.error(second.output()));
    await until(
      "the next process is warm",
      async () => {
        const { phase, revision } = await statusOf();
        return phase === "Ready" && revision === "r2";
      },
      200_000,
    );
    await kubectl(cluster.kubeconfig, ["-n", namespace, "delete", "serviceaccount", account]);
    await until("it says what to type", async () => /--again/.test(machine.report().troubles[0] ?? ""), 90_000);
    expect(second.child.exitCode).toBeNull();
    await giveAccount();
    await writeBuilder({ revision: "r2" });
    expect(await machine.enrol(await aCode())).toMatch(/^enrolled again as "mac1"/);
    expect(await second.ended).toBe(0);
    expect(existsSync(join(machine.state, "token"))).toBe(true);
  }, 900_000);

  it("is refused with one sentence by a cluster that does not fit its code, and writes nothing", async () => {
    const logs = await aLogService();
    await giveAccount();
    await aPool([], logs.url);
    const machine = aMachine();
    const text = await aCode();
    const reading = readJoinCode(text, Date.now());
    const { code } = "code" in reading ? reading : expect.fail(reading.refusal);
    const refusal = async (given: string, env?: Readonly<Record<string, string>>) => {
      const answer = await machine.enrol(given, env);
      expect(existsSync(join(machine.state, "token"))).toBe(false);
      return answer;
    };

    const folder = mkdtempSync(join(tmpdir(), "builderpool-pki-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await writePki(folder, []);
    const foreign = writeJoinCode({ ...code, authority: readFileSync(join(folder, "ca.crt"), "utf8") });
    expect(await refusal(foreign)).toMatch(/has another authority than the join code, so this may be another cluster/);
    expect(await refusal(writeJoinCode({ ...code, server: "https://127.0.0.1:9" }))).toMatch(
      /^builderpool: https:\/\/127\.0\.0\.1:9.* cannot be reached from this machine/,
    );
    expect(await refusal(text, wallClockAt("-1h").env)).toMatch(
      /is not valid at the time of this machine|the clock of this machine is \d+ min behind the cluster/,
    );

    await writeStatus("builderpool", "o2", { hostLogs: { url: "http://127.0.0.1:9", audience: "logs" } });
    expect(await refusal(text)).toMatch(/the log service of pool "o2" cannot be reached at http:\/\/127\.0\.0\.1:9/);
    await writeStatus("builderpool", "o2", { hostLogs: { url: logs.url, audience: "logs" } });
    await kubectl(cluster.kubeconfig, ["-n", namespace, "delete", "builderpool", "o2"]);
    expect(await refusal(text)).toMatch(/pool "o2" no longer exists/);
    await aPool([], logs.url);
    await kubectl(cluster.kubeconfig, ["-n", namespace, "delete", "serviceaccount", account]);
    await giveAccount();
    const review = JSON.stringify({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token: code.token },
    });
    await until(
      "the API server to forget the account",
      async () => {
        const answer = await kubectl(cluster.kubeconfig, ["create", "-o", "json", "-f", "-"], review);
        return JSON.parse(answer).status.authenticated !== true;
      },
      60_000,
    );
    expect(await refusal(text)).toMatch(
      /because it expired or was replaced; run `builderpool join mac1 -n ci --again`/,
    );

    const fresh = await aCode();
    expect(await machine.enrol(fresh)).toMatch(/^enrolled as "mac1"/);
    expect(await machine.enrol(fresh)).toMatch(/^enrolled again as "mac1"/);
  }, 300_000);
});
