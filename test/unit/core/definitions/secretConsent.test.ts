import { describe, expect, it } from "vitest";
import { parsePool } from "../../../../src/core/definitions/parse.ts";
import { consentRefusal, mountedWishesOf } from "../../../../src/core/definitions/secretConsent.ts";

const wish = {
  name: "github",
  field: "spec.github.secretRef",
  use: "github",
  address: "https://api.github.com",
} as const;
const labels = { "ci.alice.cern.ch/use": "github" };
const allowing = (address: string, to: string) =>
  consentRefusal({ ...wish, address: to }, { labels, annotations: { "ci.alice.cern.ch/address": address } }) ===
  undefined;

describe("the consent of a Secret", () => {
  it("names Secret, field, label, found value and command", () => {
    expect(consentRefusal(wish, {})).toBe(
      'The Secret "github" (spec.github.secretRef) does not allow this use: its label ci.alice.cern.ch/use is missing, expected "github"; run `kubectl label --overwrite secret github ci.alice.cern.ch/use=github` if builds of this pool may use it',
    );
    expect(consentRefusal(wish, { labels: { "ci.alice.cern.ch/use": "cell" } })).toContain(
      'is "cell", expected "github"',
    );
    expect(consentRefusal(wish, { labels })).toBe(
      'The Secret "github" (spec.github.secretRef) does not allow this use: its annotation ci.alice.cern.ch/address is missing, but the pool would send the credential to https://api.github.com; run `kubectl annotate --overwrite secret github ci.alice.cern.ch/address=api.github.com` if that server may receive it',
    );
  });

  it.each([
    ["api.github.com", "https://api.github.com", true],
    ["API.GitHub.com", "https://api.github.com/", true],
    ["https://api.github.com", "https://api.github.com", true],
    ["https://ghe.cern.ch/api/v3", "https://ghe.cern.ch/api/v3/", true],
    ["https://ghe.cern.ch/", "https://ghe.cern.ch/api/v3", true],
    ["127.0.0.1:8080", "http://127.0.0.1:8080", true],
    ["api.github.com", "https://api.github.com.evil.org", false],
    ["api.github.com", "https://api.github.com@evil.org", false],
    ["api.github.com", "https://evil.org/api.github.com", false],
    ["api.github.com", "https://api.github.com:8443", false],
    ["github.com", "https://api.github.com", false],
    ["https://api.github.com", "http://api.github.com", false],
    ["https://ghe.cern.ch/api/v3", "https://ghe.cern.ch/api/v30", false],
    ["https://ghe.cern.ch/api/v3", "https://ghe.cern.ch/api/v3/../../evil", false],
    ["*", "https://api.github.com", false],
    ["", "https://api.github.com", false],
    ["https://", "https://api.github.com", false],
  ])("of %j for %s: %s", (address, to, isAllowed) => {
    expect(allowing(address, to)).toBe(isAllowed);
  });

  it("covers the git credential with its address", () => {
    const { pool } = parsePool({
      apiVersion: "ci.alice.cern.ch/v1alpha1",
      kind: "BuilderPool",
      metadata: { name: "p" },
      spec: { package: "O2", repository: "a/b", github: { gitSecretRef: { name: "git" } } },
    });
    const wishes = pool === undefined ? [] : mountedWishesOf(pool);
    expect(wishes).toEqual([
      { name: "git", field: "spec.github.gitSecretRef", use: "git", address: "https://github.com" },
    ]);
    const git = { "ci.alice.cern.ch/use": "git" };
    const refusals = [{ labels }, { labels: git }].map((found) => wishes.map((one) => consentRefusal(one, found))[0]);
    expect(refusals[0]).toContain('is "github", expected "git"');
    expect(refusals[1]).toContain("the pool would send the credential to https://github.com");
  });

  it("needs no address for Secrets that are sent nowhere", () => {
    const { address: _, ...cell } = { ...wish, use: "cell" as const };
    expect(consentRefusal(cell, { labels: { "ci.alice.cern.ch/use": "cell" } })).toBeUndefined();
  });
});
