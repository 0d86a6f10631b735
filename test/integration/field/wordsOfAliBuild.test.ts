import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRepository } from "../../support/cell/repository.ts";
import { logTexts, runCell } from "../../support/cell/startCell.ts";
import { aCellWorld, helloCheck } from "../../support/cell/world.ts";

const recipe = (header: string) => `${header}\n---\ntrue\n`;

/** Changes of recipes that aliBuild cannot use, and what aliBuild prints. */
const faults: Readonly<Record<string, { readonly files: Record<string, string | null>; readonly error: string }>> = {
  "a recipe without a version": {
    files: { "hellolib.sh": recipe("package: hellolib") },
    error: "ERROR: KeyError: 'version'",
  },
  "a version of an unknown variable": {
    files: { "hellolib.sh": recipe('package: hellolib\nversion: "%(nope)s"') },
    error: "ERROR: KeyError: 'nope'",
  },
  "a list in place of variables, in the last recipe": {
    files: { "hello.sh": recipe('package: hello\nversion: "1"\nrequires: [hellolib]\nenv: [a, b]') },
    error: "ERROR: AssertionError: spec['env'] was of type <class 'list'>",
  },
  "a list in place of variables, in the defaults": {
    files: { "defaults-o2.sh": recipe("package: defaults-o2\nversion: v1\nenv: [a]") },
    error: "ERROR: AssertionError: spec['env'] was of type <class 'list'>",
  },
  "a number in place of a path": {
    files: { "hellolib.sh": recipe('package: hellolib\nversion: "1"\nprepend_path: {PATH: 1}') },
    error: "ERROR: TypeError: sequence item 1: expected str instance, int found",
  },
  "defaults that do not exist": { files: { "defaults-o2.sh": null }, error: "ERROR: Default `o2' does not exists." },
};

describe("an end of aliBuild itself", () => {
  it.each(Object.entries(faults))("with %s is red for its pull request, and no other", async (_, { files, error }) => {
    const world = aCellWorld();
    const check = { repository: "o/alidist", checkout: "alidist" };
    const { mirror } = world.alidist;
    const build = (commit: string, order: object = { check, mirror }) =>
      runCell(world.order({ ...order, pullRequest: { number: 1, commit } }));
    const own = await build(world.alidist.propose(files));
    world.alidist.commit(files);
    const beside = "hello.sh" in files ? "hellolib.sh" : "hello.sh";
    const more = `${readFileSync(join(world.alidist.path, beside), "utf8")}# more\n`;
    const unrelated = await build(world.alidist.propose({ [beside]: more }));
    const sources = await build(world.hello.propose({ "hello.in": "echo changed\n" }), {});

    expect(own.outcome).toMatchObject({
      kind: "Verdict",
      result: expect.stringMatching(/^(DoctorError|Failure)$/),
    });
    expect(own.outcome?.findings?.preview.slice(0, 2).join("\n")).toContain(error);
    expect(Object.values(logTexts(own.events))[0]).toContain(error);
    for (const { outcome } of [unrelated, sources]) {
      expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "BaseBroken" });
      const message = outcome?.kind === "Infrastructure" ? outcome.message : "";
      expect(message).toContain(`master of o/alidist at ${world.alidist.tip().slice(0, 10)}`);
      expect(message).toContain(error.replace("ERROR: ", ""));
    }
  });
});

describe("a development package that does not compile on its own branch", () => {
  it("is named with its repository and its error, and alidist is not", async () => {
    const world = aCellWorld();
    const lib = createRepository(join(world.root, "src/hellolib"), {
      build: 'echo "lib.cxx:1:1: error: lib broken" >&2; exit 1\n',
    });
    const header = `package: hellolib\nversion: "2"\ntag: v2\nsource: file://${lib.path}`;
    world.alidist.commit({ "hellolib.sh": `${header}\n---\nbash $SOURCEDIR/build\n` });
    const own = { repository: "o/hellolib", branch: "master", directory: "hellolib" };
    const order = world.order({
      pullRequest: { number: 1, commit: world.hello.propose({ "hello.in": "echo x\n" }) },
      check: { developmentPackages: [...helloCheck.developmentPackages, own] },
    });
    const source = { repository: own.repository, directory: "hellolib", mirror: lib.mirror, commit: lib.tip() };

    const { outcome } = await runCell({ ...order, sources: [...order.sources, source] });

    const message = outcome?.kind === "Infrastructure" ? outcome.message : "";
    expect(message).toContain(`master of o/hellolib at ${lib.tip().slice(0, 10)}: hellolib fails to build`);
    expect(message).toContain("lib.cxx:1:1: error: lib broken");
    expect(message).not.toContain("alidist");
  });
});
