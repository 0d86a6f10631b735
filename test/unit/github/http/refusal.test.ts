import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { GitHub, GitHubError } from "../../../../src/github/github.ts";
import { type Response, scripted } from "../../../support/github/scripted.ts";
import { errorOf, failing, gitHub, signal, status, token } from "../asking.ts";

describe("a refused request", () => {
  const comment = {
    repository: "alice/o2",
    number: 7,
    prefix: "Error while",
    marker: "<!-- m -->",
    body: "Error while checking",
  };
  const limits = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-resource": "core" };

  it.each<[string, GitHubError["code"], Response]>([
    ["401", "Unauthorized", { status: 401, body: { message: "Bad credentials" } }],
    ["403 without a limit", "Unauthorized", { status: 403, body: { message: "Resource not accessible" } }],
    ["403 with Retry-After", "RateLimited", { status: 403, headers: { "retry-after": "7" } }],
    ["429", "RateLimited", { status: 429 }],
    [
      "403 with the message of the secondary limit",
      "RateLimited",
      { status: 403, body: { message: "You have exceeded a secondary rate limit." } },
    ],
    [
      "403 with nothing remaining",
      "RateLimited",
      { status: 403, headers: { ...limits, "x-ratelimit-reset": "2000000000" } },
    ],
    [
      "403 for a locked conversation",
      "Rejected",
      { status: 403, body: { message: "Unable to create comment because issue is locked." } },
    ],
    ["404", "NotFound", { status: 404, body: { message: "Not Found" } }],
    ["451", "NotFound", { status: 451 }],
    ["410", "Rejected", { status: 410 }],
    ["422", "Rejected", { status: 422, body: { message: "Validation Failed" } }],
    ["422 for a missing commit", "Rejected", { status: 422, body: { message: "No commit found for SHA: f" } }],
    ["500", "Unreachable", { status: 500 }],
    ["502 with an HTML page", "Unreachable", { status: 502, body: "<html>Unicorn!</html>" }],
    ["200 with an HTML page", "Unreachable", { status: 200, body: "<html>captive portal</html>" }],
    ["a connection cut before the reply", "Unreachable", { cut: "before" }],
    ["a connection cut during the reply", "Unreachable", { cut: "during", body: { statuses: [] } }],
    ["a reply of another shape", "Malformed", { body: { statuses: "none" } }],
  ])("%s is %s", async (_, code, reply) => {
    expect((await failing(reply)).code).toBe(code);
  });

  it("names the retry time: Retry-After, the reset, or one minute", async () => {
    await using server = await scripted(({ url }) => {
      if (url.includes("after")) return { status: 429, headers: { "retry-after": "7" } };
      const reset = String(Math.floor(Date.now() / 1000) + 120);
      return url.includes("reset")
        ? { status: 403, headers: { ...limits, "x-ratelimit-reset": reset } }
        : { status: 429 };
    });
    const wait = async (commit: string) => {
      const { client, clock } = gitHub(server);
      return Math.round(((await errorOf(client.setStatus({ ...status, commit }, signal))).retryAt ?? 0) - clock.now());
    };
    expect(await wait("after")).toBe(7000);
    expect(await wait("reset")).toBeGreaterThan(118_000);
    expect(await wait("other")).toBe(60_000);
  });

  it("names the missing right when GitHub names it", async () => {
    const headers = { "x-accepted-github-permissions": "statuses=write" };
    expect((await failing({ status: 403, headers })).message).toContain("lacks the right statuses=write; grant it");
  });

  it("for an archived repository requests no right", async () => {
    const { code, message } = await failing({
      status: 403,
      body: { message: "Repository was archived so is read-only." },
    });
    expect(code).toBe("Unauthorized");
    expect(message).toContain("(Repository was archived so is read-only.) for");
    expect(message).toMatch(/: remove its checks from the pool, or unarchive the repository$/);
  });

  it.each<[string, (client: GitHub) => Promise<unknown>, object]>([
    ["a status", (client) => client.setStatus(status, signal), { statuses: [] }],
    ["a comment", (client) => client.upsertComment(comment, signal), []],
  ])("reports a missing right when %s gets 404 right after a successful read", async (_, write, body) => {
    await using server = await scripted(({ method }) =>
      method === "GET" ? { body } : { status: 404, body: { message: "Not Found" } },
    );
    const { code, message } = await errorOf(write(gitHub(server).client));
    expect(code).toBe("Unauthorized");
    expect(message).toContain(
      "although a read succeeded: the credential may not write there; grant it commit statuses",
    );
  });

  it("names the missing setting when there is no credential", async () => {
    const { code, message } = await failing({ status: 401, body: { message: "Requires authentication" } }, "none");
    expect(code).toBe("Unauthorized");
    expect(message).toContain("no credential is set; set GITHUB_TOKEN, or spec.github.secretRef in the pool");
  });

  it("never contains the token, even when the reply echoes it", async () => {
    for (const reply of [
      { status: 401, body: { message: `who is bearer ${token}?` } },
      { status: 422, body: { message: "no", errors: [{ value: token }] } },
      { cut: "before" },
    ] satisfies Response[]) {
      const error = await failing(reply);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token);
    }
    const broken = await failing({}, { token: `${token}\nx` });
    expect(broken.code).toBe("Unauthorized");
    expect(inspect(broken, { depth: 20, showHidden: true })).not.toContain(token);
  });
});

describe("a missing reply", () => {
  it("is Unreachable after the timeout", async () => {
    await using server = await scripted(() => ({ hang: true }));
    const { client } = gitHub(server, { timeout: 30 });
    expect(await errorOf(client.setStatus(status, signal))).toMatchObject({
      code: "Unreachable",
      message: expect.stringContaining("timeout"),
    });
  });

  it("ends the wait when the caller aborts", async () => {
    const controller = new AbortController();
    await using server = await scripted(() => {
      controller.abort(new Error("shutting down"));
      return { hang: true };
    });
    const { client } = gitHub(server);
    await expect(client.setStatus(status, controller.signal)).rejects.toThrow("shutting down");
  });
});
