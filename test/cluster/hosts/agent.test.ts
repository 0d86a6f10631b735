import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from "vitest";
import { until } from "../../support/cluster/until.ts";
import { account, aHostCluster, type HostCluster, namespace } from "../support/hostCluster.ts";

let cluster: HostCluster;
beforeAll(async () => {
  cluster = await aHostCluster();
});
afterAll(() => cluster.close());

const statusOf = async () => (await cluster.get("builder", "mac1")).status;
const verdictOf = async (name: string) => (await cluster.get("build", name)).status?.verdict;
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));

describe.runIf(process.getuid?.() === 0)("a host outside the cluster", () => {
  it("enrols, builds a pull request, stores the log, ends by order, and waits after a revocation until it enrols again", async () => {
    const logs = await cluster.aLogService();
    await cluster.aPool(['echo "echo changed"\n'], logs.url);
    const machine = cluster.aMachine();
    expect(await machine.enrol(await cluster.aCode())).toMatch(
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
    const uid = (await cluster.get("serviceaccount", account)).metadata.uid;
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

    await cluster.writeBuilder({ end: (await statusOf()).incarnation, revision: "r2" });
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
    await cluster.kubectl("delete", "serviceaccount", account);
    await until("it says what to type", async () => /--again/.test(machine.report().troubles[0] ?? ""), 90_000);
    expect(second.child.exitCode).toBeNull();
    await cluster.giveAccount();
    await cluster.writeBuilder({ revision: "r2" });
    expect(await machine.enrol(await cluster.aCode())).toMatch(/^enrolled again as "mac1"/);
    expect(await second.ended).toBe(0);
    expect(existsSync(join(machine.state, "token"))).toBe(true);
  }, 900_000);
});
