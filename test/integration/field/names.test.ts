import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helloSources } from "../../support/alidist/sources.ts";
import { alidist, anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";

const branch = "grün/#1's@100%+a&b🚀";

describe("a repository of an enterprise user, with a branch of special characters", () => {
  const repository = "jdoe_cern/hello.x";
  let installation: Installation;
  let up: UpProcess;
  beforeAll(async () => {
    installation = await anInstallation();
    await installation.github.state.createRepository({ repository, branch, files: helloSources() });
    const own = { repository, branch, directory: "hello" };
    const developmentPackages = [own, { repository: alidist, branch: "master" }];
    await installation.declare({
      repository,
      branch,
      checkout: "hello",
      developmentPackages,
      warmup: { builds: "All" },
    });
    up = installation.up();
  }, 240_000);
  afterAll(async () => {
    up.kill("SIGTERM");
    await up.ended;
    await installation.close();
  });

  it("is built from its base branch and with a pull request, and has its page", async () => {
    const { github } = installation;
    const pull = await github.state.openPullRequest({
      repository,
      base: branch,
      title: "x",
      files: greeting("Hello, all"),
    });
    const commit = pull.commits.at(-1)?.oid ?? "";
    await up.line(/#1: Success/, 200_000);
    await expect
      .poll(() => github.state.statuses(repository, commit).map(({ state }) => state), { timeout: 60_000 })
      .toContain("success");
    const page = github.state.statuses(repository, commit).find(({ state }) => state === "success")?.targetUrl ?? "";
    expect(page).toContain(`/${repository}/1/${commit}/build_hello_o2/`);
    expect((await fetch(page)).status).toBe(200);
  }, 300_000);

  it("is explained and listed by name", async () => {
    const explained = await installation.run("explain", `${repository}#1`);
    expect(explained).toMatchObject({ exitCode: 0 });
    expect(explained.stdout).toContain("build/hello/o2");
    const builds = await installation.get<"Build">("builds");
    expect(builds.map(({ spec }) => [spec.repository, spec.base])).toEqual([[repository, branch]]);
  });
});
