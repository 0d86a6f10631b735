import { describe, expect, it } from "vitest";
import type { ResolvedCheck } from "../../../../src/api/objects/check.ts";
import {
  buildIdentifierOf,
  buildVectorOf,
  cleanVectorOf,
  doctorVectorOf,
  toolNameOf,
} from "../../../../src/core/definitions/alibuild.ts";
import { helloCheck } from "../../../support/cell/world.ts";

const facts = { identifier: "4966", headHash: "aaaa", baseHash: "bbbb", processors: 8 };

function aCheck(changes: Partial<ResolvedCheck> = {}): ResolvedCheck {
  const { jobs: _jobs, architecture: _architecture, ...check } = helloCheck;
  return { ...check, name: "build/O2/o2_slc9", repository: "AliceO2Group/AliceO2", package: "O2", ...changes };
}

describe("the arguments of aliBuild build", () => {
  it("equal the arguments of ali-bot for a check with every setting", () => {
    const check = aCheck({
      jobs: 24,
      architecture: "slc9_x86-64",
      remoteStore: "https://s3.cern.ch/swift/v1/alibuild-repo",
      env: {
        RECC_LOG_LEVEL: "error",
        USE_RECC: "1",
        ALIBUILD_O2_FORCE_GPU: "ci",
        ALIBUILD_O2_TESTS: "1",
        ALIBUILD_O2PHYSICS_TESTS: "1",
      },
    });

    expect(buildVectorOf(check, facts).join(" ")).toBe(
      "build O2 -j 24 -z 4966 --defaults o2 --remote-store https://s3.cern.ch/swift/v1/alibuild-repo " +
        "-e ALIBOT_PR_REPO=AliceO2Group/AliceO2 -e ALIBUILD_O2_TESTS=1 -e ALIBUILD_O2_FORCE_GPU=ci -e USE_RECC=1 -e RECC_LOG_LEVEL=error " +
        "-e ALIBUILD_O2PHYSICS_TESTS=1 -e ALIBUILD_XJALIENFS_TESTS= -e ALIBUILD_HEAD_HASH=aaaa -e ALIBUILD_BASE_HASH=bbbb " +
        "--architecture slc9_x86-64 --fetch-repos --debug --no-auto-cleanup",
    );
  });

  it("contain empty variables that recipes read, and the number of processors without jobs", () => {
    expect(buildVectorOf(aCheck(), facts).join(" ")).toBe(
      "build O2 -j 8 -z 4966 --defaults o2 --no-system O2,hello -e ALIBOT_PR_REPO=AliceO2Group/AliceO2 -e ALIBUILD_O2_TESTS= -e ALIBUILD_O2_FORCE_GPU= " +
        "-e ALIBUILD_O2PHYSICS_TESTS= -e ALIBUILD_XJALIENFS_TESTS= -e ALIBUILD_HEAD_HASH=aaaa -e ALIBUILD_BASE_HASH=bbbb " +
        "--fetch-repos --debug --no-auto-cleanup",
    );
  });

  it("W-26: pass the build identifier to aliBuild itself, which drops it for builds in its own container", () => {
    const words = buildVectorOf(aCheck({ architecture: "slc9_x86-64" }), facts);
    expect(words.slice(words.indexOf("-z"), words.indexOf("-z") + 2)).toEqual(["-z", "4966"]);
    expect(words.filter((word) => /docker|container/.test(word))).toEqual([]);
  });

  it("contain the folder of the Secrets that builds may read, and no check can override it", () => {
    const named = (words: readonly string[]) => words.filter((word) => word.startsWith("BUILDERPOOL_SECRETS"));
    const check = aCheck({ env: { BUILDERPOOL_SECRETS: "/elsewhere" } });
    expect(named(buildVectorOf(check, facts))).toEqual([]);
    expect(named(buildVectorOf(check, { ...facts, secrets: "/secrets" }))).toEqual(["BUILDERPOOL_SECRETS=/secrets"]);
  });

  it("W-36: contain only variables that the definition of the check shows", () => {
    const own = buildVectorOf(aCheck({ env: { SHOWN: "1" } }), facts).filter((word) => word.includes("="));
    expect(own.map((word) => word.slice(0, word.indexOf("=")))).toEqual([
      ...["ALIBOT_PR_REPO", "ALIBUILD_O2_TESTS", "ALIBUILD_O2_FORCE_GPU", "SHOWN", "ALIBUILD_O2PHYSICS_TESTS"],
      ...["ALIBUILD_XJALIENFS_TESTS", "ALIBUILD_HEAD_HASH", "ALIBUILD_BASE_HASH"],
    ]);
  });

  it("contain the other variables of a check, unless they are empty", () => {
    const vector = buildVectorOf(aCheck({ env: { MINE: "a b=c", EMPTY: "", USE_PERF: "" } }), facts);

    expect(vector).toContain("MINE=a b=c");
    expect(vector.filter((word) => /EMPTY|USE_PERF/.test(word))).toEqual([]);
  });

  it.each(["ALIBOT_PR_REPO", "ALIBUILD_HEAD_HASH", "ALIBUILD_BASE_HASH"])("do not let a check override %s", (name) => {
    const words = buildVectorOf(aCheck({ env: { [name]: "forged" } }), facts);

    expect(words.filter((word) => word.startsWith(`${name}=`))).toHaveLength(1);
    expect(words.join(" ")).not.toContain("forged");
  });
});

describe("the remote store", () => {
  it.each([
    ["absent", undefined, []],
    ["empty", "", ["--no-remote-store"]],
    ["an address", "https://store.example.org", ["--remote-store", "https://store.example.org"]],
  ])("that is %s is passed as such", (_, store, words) => {
    const { remoteStore: _store, ...check } = aCheck({});
    const vector = buildVectorOf({ ...check, ...(store !== undefined && { remoteStore: store }) }, facts);
    expect(vector.filter((word) => word.includes("remote-store") || word.includes("store.example"))).toEqual(words);
  });

  it("that is none is none for the check of the machine as well", () => {
    expect(doctorVectorOf(aCheck({ remoteStore: "" }))).toContain("--no-remote-store");
    expect(doctorVectorOf(aCheck({ remoteStore: "https://x" }))).not.toContain("--no-remote-store");
  });
});

describe("the build identifier", () => {
  it.each([
    ["one tree per pull request", { sharedTree: false }, 124, "124"],
    ["one tree for the check", { sharedTree: true }, 124, "build_O2_o2_slc9"],
    [
      "the base branch, one tree per pull request",
      { sharedTree: false, branch: "stable-2.0/x" },
      undefined,
      "stable_2.0_x",
    ],
    ["the recorded check", { sharedTree: true, name: "build/O2/alidist-slc9-x86" }, 1, "build_O2_alidist-slc9-x86"],
    ["the base branch, one tree for the check", { sharedTree: true }, undefined, "build_O2_o2_slc9"],
  ])("of %s", (_, changes, number, identifier) => {
    expect(buildIdentifierOf(aCheck(changes), number)).toBe(identifier);
  });
});

describe("the other commands of aliBuild", () => {
  it("W-41: contain defaults, package and the architecture of the check, and never guess an architecture", () => {
    const check = aCheck({ architecture: "slc9_aarch64" });

    expect(doctorVectorOf(check)).toEqual(["doctor", "--defaults", "o2", "O2", "--architecture", "slc9_aarch64"]);
    expect(doctorVectorOf(aCheck())).toEqual(["doctor", "--defaults", "o2", "O2"]);
    expect(cleanVectorOf(check)).toEqual([
      "clean",
      "--aggressive-cleanup",
      "--debug",
      "--architecture",
      "slc9_aarch64",
    ]);
  });

  it("use bits for checks with bits in their name", () => {
    expect(toolNameOf({ name: "build/O2/bits" })).toBe("bits");
    expect(toolNameOf({ name: "build/O2/o2" })).toBe("aliBuild");
  });
});
