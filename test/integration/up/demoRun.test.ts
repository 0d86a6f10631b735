import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hello } from "../../support/demo/pullRequests.ts";
import { currentStatuses, headOf, type Records } from "../../support/github/records.ts";

const check = "build/hello/o2";
let directory: string;
let records: Records;
let ended: { readonly code: number | null; readonly output: string };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "demo-run-"));
  // Builds run as another user, which must be able to enter the work folder.
  await chmod(directory, 0o755);
  const { GITHUB_TOKEN: _, ...environment } = process.env;
  const child = spawn(
    resolve(import.meta.dirname, "../../../scripts/up"),
    ["--until-idle", "--listen", "127.0.0.1:0"],
    {
      env: { ...environment, DEMO_DIR: directory },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  ended = { code, output };
  records = JSON.parse(await readFile(join(directory, "github.json"), "utf8")) as Records;
}, 600_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the demo behind `make up`", () => {
  it("exits with 0 once every build is decided, and names real and replaced programs", () => {
    expect(ended.code, ended.output).toBe(0);
    expect(ended.output).toMatch(
      /^[0-9:]{8} {2}Real: operator, store, builders, git, aliBuild, HTTP\. Standing in: GitHub/,
    );
  });

  it.each([
    ["Greet the whole collaboration", "success", ""],
    ["Greet in the morning", "success", ""],
    ["Welcome everybody", "error", "src/greeting.cxx:3:30: error: expected ';' before '}' token"],
    ["Be brief", "error", "Test is_polite failed"],
    ["Greet the world", "error", "Please resolve merge conflicts: src/greeting.cxx"],
    ["Greet by name", undefined, undefined],
    ["[WIP] Greet in every language", undefined, undefined],
    ["Faster greetings", "pending", "Security: approval needed, not starting"],
    ["Greet the reviewers", "success", ""],
    ["Greet visitors before the open day", "success", ""],
    ["Say in the README how to build", "success", "skipped; no relevant changes"],
    ["Test that the greeting does not tire", "success", ""],
  ])("leaves %j at %s %j", (title, state, description) => {
    const { shown } = pullRequest(title);
    expect([shown?.state, shown?.description]).toEqual([state, description]);
  });

  it("builds recipes with the check of their own repository", () => {
    const [recipes] = Object.values(records.repositories["alisw/alidist"]?.pulls ?? {});
    const statuses = records.repositories["alisw/alidist"]?.statuses[recipes?.commits[0]?.oid ?? ""];
    expect(statuses?.map(({ context, state }) => [context, state])).toEqual([
      ["build/hello/alidist", "success"],
      ["build/hello/alidist", "pending"],
    ]);
  });

  it("comments once on each failed build with the lines of the error, and on no other build", () => {
    expect(commentsOf("Welcome everybody")).toEqual([
      expect.stringMatching(/greeting\.cxx:3:\d+: error: expected ';'/),
    ]);
    expect(commentsOf("Be brief")).toEqual([expect.stringContaining("Test #2: is_polite")]);
    expect(records.writes.filter(({ what }) => what !== "status")).toHaveLength(2);
  });

  it("starts with the priority label and writes twice per build, only once for an overtaken build", () => {
    const byCommit = new Map<string, string[]>();
    for (const write of records.writes) {
      if (write.what !== "status" || write.description?.startsWith("Security") === true) continue;
      byCommit.set(write.commit, [...(byCommit.get(write.commit) ?? []), write.state]);
    }
    const urgent = headOf(pullRequest("Greet visitors before the open day").pull).oid;
    const [overtaken, ...rest] = pullRequest("Test that the greeting does not tire").pull.commits;

    expect([...byCommit.keys()].slice(0, 3)).toContain(urgent);
    expect(rest).toHaveLength(1);
    expect(byCommit.get(overtaken?.oid ?? "")).toEqual(["pending"]);
    byCommit.delete(overtaken?.oid ?? "");
    for (const states of byCommit.values()) expect(states).toEqual(["pending", expect.stringMatching(/success|error/)]);
  });
});

function pullRequest(title: string) {
  const repository = records.repositories[hello] ?? expect.fail(`no ${hello}`);
  const pull = Object.values(repository.pulls).find((candidate) => candidate.title === title);
  if (pull === undefined) return expect.fail(`no pull request titled ${title}`);
  const shown = currentStatuses(repository, headOf(pull).oid).find(({ context }) => context === check);
  return { pull, shown };
}

function commentsOf(title: string): readonly string[] {
  return pullRequest(title).pull.comments.map(({ body }) => body);
}
