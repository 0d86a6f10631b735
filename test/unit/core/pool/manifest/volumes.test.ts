import { describe, expect, it } from "vitest";
import { volumeRefusalOf } from "../../../../../src/core/pool/manifest/refusal.ts";
import { aPool } from "../world.ts";

describe("the volumes of a pool", () => {
  const refusal = (volume: object, allowed: readonly string[] = []) =>
    volumeRefusalOf(aPool({ template: { volumes: [{ name: "x", ...volume }] } }), allowed);

  it.each([
    {},
    { emptyDir: {} },
    { configMap: { name: "c" } },
    { downwardAPI: {} },
    { projected: { sources: [{ configMap: { name: "c" } }, { downwardAPI: {} }] } },
  ])("may have the kinds without access to others: %j", (volume) => {
    expect(refusal(volume)).toBeUndefined();
  });

  it.each([
    { hostPath: { path: "/" } },
    { secret: { secretName: "s" } },
    { emptyDir: {}, csi: { driver: "d" } },
    { projected: { sources: [{ secret: { name: "s" } }] } },
    { projected: { sources: [{ configMap: { name: "c" }, serviceAccountToken: {} }] } },
    { projected: {} },
  ])("may not have other kinds: %j", (volume) => {
    expect(refusal(volume)).toMatch(
      /^spec\.template\.volumes has the (hostPath|secret|csi|projected) "x": pools may add emptyDir, configMap, downwardAPI; remove the volume, or add \w+ to the chart value pools\.volumes$/,
    );
  });

  it("may have a kind that the installation allows", () => {
    expect(refusal({ hostPath: { path: "/cvmfs" } }, ["hostPath"])).toBeUndefined();
  });
});
