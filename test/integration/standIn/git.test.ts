import { describe, expect, it } from "vitest";
import { aVisitor, repository } from "../../support/github/aVisitor.ts";

describe("git of the stand-in", () => {
  it("serves shallow fetches of commits by id, also after a force push", async () => {
    const { git, github } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    const { number, commits } = await github.state.openPullRequest({ repository, files: { "b.txt": "b\n" } });
    await github.state.push({ repository, number, files: { "c.txt": "c\n" }, force: true });
    await git("init", "--quiet", "work");
    await git("-C", "work", "fetch", "--quiet", "--depth=1", `${github.gitUrl}/${repository}`, commits[0]?.oid ?? "");
    expect(await git("-C", "work", "ls-tree", "--name-only", "FETCH_HEAD")).toBe("a.txt\nb.txt");
  });

  it("refuses a push and an unknown repository", async () => {
    const { git, github } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    await git("clone", "--quiet", `${github.gitUrl}/${repository}`, "clone");
    await expect(git("-C", "clone", "push", "origin", "HEAD:refs/heads/x")).rejects.toThrow("403");
    await expect(git("clone", `${github.gitUrl}/alice/none`, "none")).rejects.toThrow(/not found/i);
  });

  it("can be unreachable while the API replies", async () => {
    const { ask, git, github } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    github.faults.add({ on: "* /git/*", fault: { kind: "status", status: 503 } });
    await expect(git("clone", `${github.gitUrl}/${repository}`, "clone")).rejects.toThrow("503");
    expect((await ask(`/repos/${repository}`)).status).toBe(200);
    github.faults.clear();
    expect(await git("ls-remote", `${github.gitUrl}/${repository}`, "HEAD")).toContain("HEAD");
  });
});
