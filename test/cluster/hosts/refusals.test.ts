import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readJoinCode, writeJoinCode } from "../../../src/core/host/joinCode.ts";
import { writePki } from "../../support/cluster/controlPlane/pki.ts";
import { until } from "../../support/cluster/until.ts";
import { wallClockAt } from "../../support/host/wallClock.ts";
import { account, aHostCluster, type HostCluster } from "../support/hostCluster.ts";

let cluster: HostCluster;
beforeAll(async () => {
  cluster = await aHostCluster();
});
afterAll(() => cluster.close());

describe.runIf(process.getuid?.() === 0)("a host outside the cluster", () => {
  it("is refused with one sentence by a cluster that does not fit its code, and writes nothing", async () => {
    const logs = await cluster.aLogService();
    await cluster.giveAccount();
    await cluster.aPool([], logs.url);
    const machine = cluster.aMachine();
    const text = await cluster.aCode();
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

    await cluster.writeStatus("builderpool", "o2", { hostLogs: { url: "http://127.0.0.1:9", audience: "logs" } });
    expect(await refusal(text)).toMatch(/the log service of pool "o2" cannot be reached at http:\/\/127\.0\.0\.1:9/);
    await cluster.writeStatus("builderpool", "o2", { hostLogs: { url: logs.url, audience: "logs" } });
    await cluster.kubectl("delete", "builderpool", "o2");
    expect(await refusal(text)).toMatch(/pool "o2" no longer exists/);
    await cluster.aPool([], logs.url);
    await cluster.kubectl("delete", "serviceaccount", account);
    await cluster.giveAccount();
    const isForgotten = async () => JSON.parse(await cluster.review(code.token)).status.authenticated !== true;
    await until("the API server to forget the account", isForgotten, 60_000);
    expect(await refusal(text)).toMatch(
      /because it expired or was replaced; run `builderpool join mac1 -n ci --again`/,
    );

    const fresh = await cluster.aCode();
    expect(await machine.enrol(fresh)).toMatch(/^enrolled as "mac1"/);
    expect(await machine.enrol(fresh)).toMatch(/^enrolled again as "mac1"/);
  }, 300_000);
});
