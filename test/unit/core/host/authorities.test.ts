import { describe, expect, it } from "vitest";
import { bundleOf, certificatesIn, trustPublished } from "../../../../src/core/host/authorities.ts";

const day = 24 * 60 * 60_000;
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
const [old, fresh] = [pem("b2xk"), pem("bmV3")];

describe("trusted authorities", () => {
  it("keep the old certificate for 30 days after the cluster publishes another one", () => {
    const before = trustPublished([], old, 0);
    const both = trustPublished(before, fresh, day);
    expect(certificatesIn(bundleOf(both))).toEqual([fresh, old]);
    expect(certificatesIn(bundleOf(trustPublished(both, fresh, 29 * day)))).toEqual([fresh, old]);
    expect(certificatesIn(bundleOf(trustPublished(both, fresh, 30 * day)))).toEqual([fresh]);
  });

  it("keep a certificate without limit while the cluster publishes it", () => {
    const both = trustPublished(trustPublished([], old, 0), `${fresh}\n${old}`, 100 * day);
    expect(certificatesIn(bundleOf(trustPublished(both, fresh, 129 * day)))).toEqual([fresh, old]);
  });

  it("stay when the cluster publishes nothing", () => {
    const before = trustPublished([], old, 0);
    expect(trustPublished(before, "", 100 * day)).toBe(before);
  });
});
