import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secretUseLabel } from "../../../src/api/objects/group.ts";
import { statefulSets } from "../../../src/operator/cluster/resources.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";
import { aGitHub, createSecret } from "../support/github.ts";
import { aCluster, type TestCluster } from "../support/installation.ts";
import { runOperator } from "../support/operator.ts";
import { playBuilders } from "../support/players.ts";
import { aPool, condition, settled } from "../support/pools.ts";
import { until } from "../support/until.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await aCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe("a pool's Secret", () => {
  it("appears in GitHubReachable with its required keys when it is missing or incomplete", async () => {
    const installation = await cluster.install("secrets");
    await using github = await aGitHub();
    await using _operator = runOperator(installation);
    const { admin } = installation;
    await createSecret(installation, "half", { appId: "1" }, github.consent);
    await admin.store.create("BuilderPool", aPool("missing", { instances: 0, github: github.of("nowhere") }));
    const other = { repository: "AliceO2Group/O2Physics", instances: 0, github: github.of("half") };
    await admin.store.create("BuilderPool", aPool("incomplete", other));
    expect(await condition(installation, "missing", "GitHubReachable", /^False/)).toMatch(
      /The Secret "nowhere" \(spec\.github\.secretRef\) does not exist in the namespace "secrets": create it with the key token, or with appId, installationId, privateKey/,
    );
    expect(await condition(installation, "incomplete", "GitHubReachable", /^False/)).toMatch(
      /The Secret "half" .* lacks installationId, privateKey: add the missing keys/,
    );
    await createSecret(installation, "nowhere", { token: github.token }, github.consent);
    await condition(installation, "missing", "GitHubReachable", /^True/);
  });

  it("is not used without its label and the address of the pool", async () => {
    const installation = await cluster.install("withheld");
    await using github = await aGitHub();
    await using _operator = runOperator(installation);
    const { admin } = installation;
    const token = { token: github.token };
    await createSecret(installation, "github", token, { labels: { [secretUseLabel]: "cell" } });
    const pool = aPool("o2", { instances: 0, github: github.of("github") });
    await admin.store.create("BuilderPool", pool);
    expect(await condition(installation, "o2", "GitHubReachable", /^False/)).toContain(
      'The Secret "github" (spec.github.secretRef) does not allow this use: its label ci.alice.cern.ch/use is "cell", expected "github"',
    );
    await createSecret(installation, "github", token, consentTo("github", "api.github.com"));
    expect(await condition(installation, "o2", "GitHubReachable", /its annotation/)).toContain(
      `its annotation ci.alice.cern.ch/address is "api.github.com", but the pool would send the credential to ${github.standIn.apiUrl}`,
    );
    expect(github.standIn.requests).toEqual([]);
    await createSecret(installation, "github", token, github.consent);
    await condition(installation, "o2", "GitHubReachable", /^True/);
  });

  it("of a bucket or of builds is mounted only with its label", async () => {
    const installation = await cluster.install("unmounted");
    await using _operator = runOperator(installation);
    const { admin } = installation;
    await createSecret(installation, "grid", { key: "k" }, {});
    await admin.store.create("BuilderPool", aPool("o2", { cellSecrets: [{ name: "grid" }] }));
    expect(await condition(installation, "o2", "DefinitionsValid", /^False SecretRefused/)).toContain(
      "its label ci.alice.cern.ch/use is missing",
    );
    expect(await admin.client.get(statefulSets, "o2")).toBeUndefined();
    await createSecret(installation, "grid", { key: "k" }, consentTo("cell"));
    await until("the StatefulSet", async () => (await admin.client.get(statefulSets, "o2")) !== undefined);
  });

  it("is read again when GitHub refuses the old credential", async () => {
    const installation = await cluster.install("rotated");
    await using github = await aGitHub();
    await using _operator = runOperator(installation);
    const { admin } = installation;
    await createSecret(installation, "github", { token: github.token }, github.consent);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 0, github: github.of("github") }));
    await condition(installation, "o2", "GitHubReachable", /^True/);
    github.standIn.accounts.addToken("ghp_TheSecond", "alibuild");
    await createSecret(installation, "github", { token: "ghp_TheSecond" }, github.consent);
    github.standIn.accounts.revoke(github.token);
    await github.standIn.state.openPullRequest({ repository: "AliceO2Group/AliceO2" });
    await until("the pull request to be queued", async () => (await admin.store.list("Build")).length === 1);
    const { status } = (await admin.store.get("BuilderPool", "o2")) ?? {};
    expect(status?.conditions?.find(({ type }) => type === "GitHubReachable")?.status).toBe("True");
    const objects = await kubectl(admin.kubeconfig, ["-n", "rotated", "get", "bp,bld,events", "-o", "json"]);
    expect(objects).not.toMatch(/ghp_/);
  });
});

describe("a read-only credential", () => {
  it.each([
    ["a fine-grained token", undefined, "403 \\(Resource not accessible by personal access token\\)"],
    ["a classic token, for which GitHub replies that the commit does not exist", "read:org", "404 \\(Not Found\\)"],
  ])("is reported in GitHubReachable and in a warning, and no report is lost: %s", async (_, scopes, answer) => {
    const installation = await cluster.install(scopes === undefined ? "fine" : "classic");
    await using github = await aGitHub();
    await using _operator = runOperator(installation);
    const { admin, namespace } = installation;
    github.standIn.accounts.addToken("ghp_ReadOnly", "reader", false, scopes);
    await createSecret(installation, "github", { token: "ghp_ReadOnly" }, github.consent);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 0, github: github.of("github") }));
    await condition(installation, "o2", "GitHubReachable", /^True/);
    await github.standIn.state.openPullRequest({ repository: "AliceO2Group/AliceO2", association: "NONE" });
    expect(await condition(installation, "o2", "GitHubReachable", /^False ReportsRefused/)).toMatch(
      new RegExp(
        `Reports wait until GitHub accepts them: GitHub answered ${answer} for status .*grant it commit statuses`,
      ),
    );
    await until("the warning", async () =>
      /Warning +ReportsRefused/.test(await kubectl(admin.kubeconfig, ["-n", namespace, "describe", "builderpool/o2"])),
    );
    const [build] = await admin.store.list("Build");
    expect(build?.spec.blocked?.reason).toBe("Untrusted");
    expect(build?.status?.reported).toBeUndefined();
  });
});

describe("refused pods", () => {
  it("show their reason in the pool's conditions until they are created", async () => {
    const installation = await cluster.install("quota");
    await using _operator = runOperator(installation);
    const { admin, namespace } = installation;
    await kubectl(admin.kubeconfig, ["-n", namespace, "create", "quota", "none", "--hard=pods=0"]);
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    for (const type of ["Available", "Progressing"] as const)
      expect(await condition(installation, "o2", type, /refuses pods/)).toContain(
        "the API server refuses pods of the pool: forbidden: exceeded quota: none",
      );
    await kubectl(admin.kubeconfig, ["-n", namespace, "delete", "quota", "none"]);
    await condition(installation, "o2", "Available", /^(?!.*refuses pods)/);
  });
});

describe("the Events of a pool", () => {
  it("appear in `kubectl describe`", async () => {
    const installation = await cluster.install("events");
    await using _operator = runOperator(installation);
    await using _players = playBuilders(installation);
    const { admin, namespace } = installation;
    await admin.store.create("BuilderPool", aPool("o2", { instances: 2 }));
    await settled(installation, "o2", 2);
    await until("the Event", async () => {
      const page = await kubectl(admin.kubeconfig, ["-n", namespace, "describe", "builderpool/o2"]);
      return /Normal +ScaledUp .*builderpool +Starts 2 builders at revision/.test(page);
    });
  });
});
