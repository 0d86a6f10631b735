import { expect, it } from "vitest";
import { labelCommit } from "../../../../src/core/build/identity.ts";
import { aBuild, heldBy } from "../../../support/objects/build.ts";
import { builders } from "../../../support/objects/builder.ts";
import { aCheck } from "../../../support/objects/check.ts";
import { aPool } from "../../../support/objects/pool.ts";
import { aPullRequest } from "../../../support/objects/pullRequest.ts";
import { plan } from "./planned.ts";

it("a silent pool repeats a check that it names in other letters", () => {
  const loud = heldBy("o2-0", {});
  const check = aCheck({ name: loud.spec.check.toUpperCase(), repository: "O/R" });
  const rivals = [aBuild({ shadow: { of: "x", pool: "o2" } }), loud];
  const buildOf = (name: string) => rivals.find(({ metadata }) => metadata.name === name);
  const queue = {
    pool: aPool({ silent: true }, "next"),
    checks: [check],
    pullRequests: [aPullRequest({})],
    rivalsOf: () => rivals,
    shadows: { builders: builders(1), buildOf },
  };
  const [first, ...others] = plan(queue);
  expect(first).toMatchObject({
    do: "create",
    build: { spec: { check: check.name, repository: "O/R", shadow: { of: loud.metadata.name } } },
  });
  expect(others).toEqual([]);
  const { metadata, ...build } = first?.build ?? expect.fail();
  const stored = labelCommit({ ...build, metadata: { ...loud.metadata, name: metadata.name } });
  expect(plan({ ...queue, builds: [stored] })).toEqual([]);
});
