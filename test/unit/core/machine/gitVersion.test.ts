import { describe, expect, it } from "vitest";
import { gitTroubleOf } from "../../../../src/core/machine/gitVersion.ts";

describe("a version of git", () => {
  it.each(["git version 2.38.0", "git version 2.39.5 (Apple Git-154)", "git version 3.0.1", "something else"])(
    "%s is accepted",
    (version) => expect(gitTroubleOf(version)).toBeUndefined(),
  );

  it.each(["git version 2.37.7", "git version 1.8.3.1"])("%s is refused with the needed version", (version) => {
    expect(gitTroubleOf(version)).toMatch(
      /^git (2\.37|1\.8) is too old to merge pull requests: builds need git 2\.38 or newer$/,
    );
  });
});
