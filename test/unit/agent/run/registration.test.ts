import { describe, expect, it } from "vitest";
import { awaitBuilder } from "../../../../src/agent/run/registration.ts";
import { StoreError } from "../../../../src/store/error.ts";
import { fakeClock } from "../../../support/fakeClock.ts";

const builder = (spec: object) => ({
  metadata: { name: "mac1" },
  spec: { pool: "o2", external: true, account: "uid-1", ...spec },
});

/** Returns the troubles of a host that gets these answers, one every 15 s, and its Builder. */
async function troublesAfter(answers: readonly unknown[]) {
  const clock = fakeClock();
  const troubles: (string | undefined)[] = [];
  const left = [...answers];
  const store = {
    async get() {
      const answer = left.shift();
      if (answer instanceof Error) throw answer;
      return answer as never;
    },
  };
  const setTrouble = (sentence: string | undefined) => void troubles.push(sentence);
  const end = new AbortController();
  const settings = { name: "mac1", pool: "o2" };
  const found = awaitBuilder({ store, settings, namespace: "ci", uid: "uid-1", clock, setTrouble }, end.signal);
  await clock.advance(15_000 * answers.length - 1);
  end.abort();
  return { troubles, builder: await found };
}

describe("a host that waits for its Builder", () => {
  it("starts when the Builder exists", async () => {
    const { troubles, builder: found } = await troublesAfter([undefined, builder({})]);
    expect(troubles).toEqual([
      expect.stringMatching(/no Builder "mac1"; add the name to external\.names of pool "o2"/),
      undefined,
    ]);
    expect(found).toMatchObject({ metadata: { name: "mac1" } });
  });

  it.each([
    [
      new StoreError("Unauthorized", "401"),
      /refuses the credential.*`builderpool join mac1 -n ci --again`.*agent enrol -/,
    ],
    [new StoreError("Forbidden", "403"), /refuses a right of this host \(403\)/],
    [new StoreError("Unavailable", "no route"), /cannot be reached \(no route\); the agent retries/],
    [builder({ external: false }), /belongs to a pod; choose another name/],
    [builder({ account: undefined }), /the operator prepares the account of "mac1"/],
    [builder({ account: "uid-2" }), /was revoked or renewed; run `builderpool join mac1 -n ci --again`/],
    [builder({ pool: "daq" }), /belongs to pool "daq", but this host enrolled for pool "o2"/],
  ])("says what to type, and waits on: %s", async (answer, sentence) => {
    const { troubles, builder: found } = await troublesAfter([answer, answer]);
    expect(troubles).toEqual([expect.stringMatching(sentence), expect.stringMatching(sentence)]);
    expect(found).toBeUndefined();
  });
});
