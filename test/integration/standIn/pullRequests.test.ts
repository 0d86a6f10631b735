import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aVisitor, listing, repository } from "../../support/github/aVisitor.ts";

describe("the pull requests of the stand-in", () => {
  it("are the same over GraphQL, REST and git", async () => {
    const { ask, git, github, graphql } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    const { number } = await github.state.openPullRequest({ repository, files: { "a.txt": "two\n" }, title: "Count" });
    const head = await github.state.push({ repository, number, files: { "b/c.sh": "#!/bin/sh\n" } });

    const { body } = await graphql(listing, { size: 10 });
    const rest = await (await ask(`/repos/${repository}/pulls/${number}`)).json();
    await git("clone", "--quiet", `${github.gitUrl}/${repository}`, "clone");
    await git("-C", "clone", "fetch", "--quiet", "origin", `+refs/pull/${number}/head`);

    expect(body).toMatchObject({
      data: {
        repository: {
          pullRequests: {
            nodes: [{ number, title: "Count", commits: { nodes: [{ commit: { oid: head, status: null } }] } }],
          },
        },
      },
    });
    expect(rest).toMatchObject({ number, title: "Count", state: "open", head: { sha: head }, base: { ref: "master" } });
    expect(await git("-C", "clone", "rev-parse", "FETCH_HEAD")).toBe(head);
    expect(await git("-C", "clone", "show", "FETCH_HEAD:a.txt")).toBe("two");
    expect(await git("-C", "clone", "ls-tree", "FETCH_HEAD", "b/c.sh")).toContain("100755");
  });

  it("come in pages that do not shift after a new pull request", async () => {
    const { github, graphql } = await aVisitor();
    await github.state.createRepository({ repository });
    for (let number = 1; number <= 5; number++) {
      await github.state.openPullRequest({ repository, createdAt: 1_700_000_000_000 + number });
    }
    const seen: number[] = [];
    let after: string | null = null;
    do {
      const { body } = await graphql(listing, { size: 2, after });
      const { nodes, pageInfo } = (body.data as never)["repository"]["pullRequests"] as {
        nodes: { number: number }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      seen.push(...nodes.map(({ number }) => number));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      await github.state.openPullRequest({ repository, createdAt: 1_600_000_000_000 });
    } while (after !== null);

    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it("have unique numbers, also when opened concurrently", async () => {
    const { github } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "a" } });
    const opened = await Promise.all(
      ["one", "two", "three"].map((title) =>
        github.state.openPullRequest({ repository, title, files: { [title]: "" } }),
      ),
    );
    expect(opened.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it("may have a deleted author", async () => {
    const { ask, github, graphql } = await aVisitor();
    await github.state.createRepository({ repository });
    await github.state.openPullRequest({ repository, author: null });

    expect((await graphql(listing, { size: 1 })).body).toMatchObject({
      data: { repository: { pullRequests: { nodes: [{ author: null }] } } },
    });
    expect(await (await ask(`/repos/${repository}/pulls`)).json()).toMatchObject([
      { user: { login: "ghost" }, head: { repo: null } },
    ]);
  });

  it("move their base branch when merged, and cannot be merged with a conflict", async () => {
    const { git, github, scratch } = await aVisitor();
    await github.state.createRepository({ repository, files: { "a.txt": "one\n" } });
    const first = await github.state.openPullRequest({ repository, files: { "a.txt": "two\n" } });
    const second = await github.state.openPullRequest({ repository, files: { "a.txt": "three\n" } });

    await github.state.merge({ repository, number: first.number });

    await expect(github.state.merge({ repository, number: second.number })).rejects.toThrow("conflicts with master");
    await git("clone", "--quiet", `${github.gitUrl}/${repository}.git`, "clone");
    expect(readFileSync(join(scratch, "clone/a.txt"), "utf8")).toBe("two\n");
    expect(await git("-C", "clone", "log", "-1", "--format=%s")).toBe("Merge pull request #1");
  });
});
