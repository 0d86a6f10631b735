import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createGitHub } from "../../../src/github/client.ts";
import type { Credential } from "../../../src/github/credential.ts";
import { type GitHub, GitHubError, type StatusWrite } from "../../../src/github/github.ts";
import { type Response, type Scripted, scripted, testClock, testLog } from "./scripted.ts";

const token = "ghp_secretsecretsecret";
const signal = new AbortController().signal;
const status: StatusWrite = {
  repository: "alice/o2",
  commit: "a".repeat(40),
  context: "build/O2/o2",
  state: "success",
  description: "",
  url: "",
};
const comment = { repository: "alice/o2", number: 7, prefix: "Error while", body: "Error while checking" };

function gitHub(server: Pick<Scripted, "url">, options: { credential?: Credential; path?: string; now?: number } = {}) {
  const clock = testClock(options.now);
  const log = testLog();
  const apiUrl = server.url + (options.path ?? "");
  return { client: createGitHub({ apiUrl, credential: options.credential ?? { token }, clock, log }), clock, log };
}

/** The error of one status write against a server that answers this. */
async function failing(answer: Response, credential?: Credential): Promise<GitHubError> {
  await using server = await scripted(() => answer);
  const { client } = gitHub(server, credential === undefined ? {} : { credential });
  return await errorOf(client.setStatus(status, signal));
}

async function errorOf(work: Promise<unknown>): Promise<GitHubError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GitHubError) return error;
  throw new Error(`expected a GitHubError, found ${inspect(error)}`);
}

const list = (client: GitHub, repository = "alice/o2") => client.list({ repository, branch: "dev", teams: [], signal });

describe("a refusal of GitHub", () => {
  const limits = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-resource": "core" };

  it.each<[string, Response, GitHubError["code"]]>([
    ["401", { status: 401, body: { message: "Bad credentials" } }, "Unauthorized"],
    ["403 without a limit", { status: 403, body: { message: "Resource not accessible" } }, "Unauthorized"],
    ["403 with Retry-After", { status: 403, headers: { "retry-after": "7" } }, "RateLimited"],
    ["429", { status: 429 }, "RateLimited"],
    [
      "403 in words of the secondary limit",
      { status: 403, body: { message: "You have exceeded a secondary rate limit." } },
      "RateLimited",
    ],
    [
      "403 with nothing remaining",
      { status: 403, headers: { ...limits, "x-ratelimit-reset": "2000000000" } },
      "RateLimited",
    ],
    [
      "403 of a locked conversation",
      { status: 403, body: { message: "Unable to create comment because issue is locked." } },
      "Rejected",
    ],
    ["404", { status: 404, body: { message: "Not Found" } }, "NotFound"],
    ["410", { status: 410 }, "NotFound"],
    ["422", { status: 422, body: { message: "Validation Failed" } }, "Rejected"],
    ["422 for a commit that is gone", { status: 422, body: { message: "No commit found for SHA: f" } }, "NotFound"],
    ["500", { status: 500 }, "Unreachable"],
    ["502 with a page", { status: 502, body: "<html>Unicorn!</html>" }, "Unreachable"],
    ["200 with a page", { status: 200, body: "<html>captive portal</html>" }, "Unreachable"],
    ["a connection cut before the answer", { cut: "before" }, "Unreachable"],
    ["a connection cut during the answer", { cut: "during", body: { statuses: [] } }, "Unreachable"],
    ["an answer of another shape", { body: { statuses: "none" } }, "Malformed"],
  ])("%s has its code", async (_, answer, code) => {
    expect((await failing(answer)).code).toBe(code);
  });

  it("tells when to come back: Retry-After, the reset, or after a minute", async () => {
    await using server = await scripted(({ url }) => {
      if (url.includes("after")) return { status: 429, headers: { "retry-after": "7" } };
      const reset = String(Math.floor(clock.now() / 1000) + 120);
      return url.includes("reset")
        ? { status: 403, headers: { ...limits, "x-ratelimit-reset": reset } }
        : { status: 429 };
    });
    const { client, clock } = gitHub(server);
    const wait = async (commit: string) =>
      Math.round(((await errorOf(client.setStatus({ ...status, commit }, signal))).retryAt ?? 0) - clock.now());
    expect(await wait("after")).toBe(7000);
    expect(await wait("reset")).toBeGreaterThan(118_000);
    expect(await wait("other")).toBe(60_000);
  });

  it("names the right that is missing when GitHub does", async () => {
    const headers = { "x-accepted-github-permissions": "statuses=write" };
    expect((await failing({ status: 403, headers })).message).toContain("lacks the right statuses=write; grant it");
  });

  it.each<[string, (client: GitHub) => Promise<unknown>, object]>([
    ["a status", (client) => client.setStatus(status, signal), { statuses: [] }],
    ["a comment", (client) => client.upsertComment(comment, signal), []],
  ])(
    "404 to %s on what it has just shown is a missing right, as GitHub tells it to tokens that may only read",
    async (_, write, shown) => {
      await using server = await scripted(({ method }) =>
        method === "GET" ? { body: shown } : { status: 404, body: { message: "Not Found" } },
      );
      const { code, message } = await errorOf(write(gitHub(server).client));
      expect(code).toBe("Unauthorized");
      expect(message).toContain("which can be read: the credential may not write there; grant it commit statuses");
    },
  );

  it("says what to set when there is no credential", async () => {
    const { code, message } = await failing({ status: 401, body: { message: "Requires authentication" } }, "none");
    expect(code).toBe("Unauthorized");
    expect(message).toContain("no credential is set; set GITHUB_TOKEN, or spec.github.secretRef in the pool");
  });

  it("never shows the token, not even when the answer echoes it", async () => {
    for (const answer of [
      { status: 401, body: { message: `who is bearer ${token}?` } },
      { status: 422, body: { message: "no", errors: [{ value: token }] } },
      { cut: "before" },
    ] satisfies Response[]) {
      const error = await failing(answer);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(token);
    }
    const broken = await failing({}, { token: `${token}\nx` });
    expect(broken.code).toBe("Unauthorized");
    expect(inspect(broken, { depth: 20, showHidden: true })).not.toContain(token);
  });

  it("is no answer at all when it takes too long", async () => {
    await using server = await scripted(() => ({ hang: true }));
    const world = { clock: testClock(), log: testLog(), credential: { token } };
    const client = createGitHub({ ...world, apiUrl: server.url, timeout: 30 });
    expect(await errorOf(client.setStatus(status, signal))).toMatchObject({
      code: "Unreachable",
      message: expect.stringContaining("timeout"),
    });
  });

  it("is not waited for longer than the caller wants", async () => {
    await using server = await scripted(() => ({ hang: true }));
    const { client } = gitHub(server);
    const controller = new AbortController();
    const work = client.setStatus(status, controller.signal);
    setTimeout(() => controller.abort(new Error("shutting down")), 20);
    await expect(work).rejects.toThrow("shutting down");
  });
});

describe("the address", () => {
  it.each([
    ["", "/graphql"],
    ["/", "/graphql"],
    ["/broker", "/broker/graphql"],
    ["/api/v3", "/api/graphql"],
    ["/api/v3/", "/api/graphql"],
  ])("%j has its GraphQL at %s", async (path, graphql) => {
    await using server = await scripted(({ method }) => (method === "GET" ? { body: [] } : { status: 404 }));
    const { client } = gitHub(server, { path });
    await errorOf(list(client));
    expect(server.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`)).toEqual([
      `GET ${path.replace(/\/$/, "")}/repos/alice/o2/pulls`,
      `POST ${graphql}`,
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([`bearer ${token}`, `bearer ${token}`]);
  });

  it("is kept when a moved repository answers with GitHub's own, and the move is logged once", async () => {
    await using server = await scripted(({ url, method }) => {
      const moved = url.replace("/repos/old/name", "/repositories/7");
      if (moved !== url)
        return {
          status: method === "GET" ? 301 : 307,
          headers: { location: `https://api.github.test${moved.replace("/broker", "")}` },
        };
      return { body: method === "GET" ? { statuses: [] } : { id: 1 } };
    });
    const { client, log } = gitHub(server, { path: "/broker" });
    expect(await client.setStatus({ ...status, repository: "old/name" }, signal)).toEqual({ written: true });
    expect(server.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`)).toEqual([
      `GET /broker/repos/old/name/commits/${status.commit}/status`,
      `GET /broker/repositories/7/commits/${status.commit}/status`,
      `POST /broker/repos/old/name/statuses/${status.commit}`,
      `POST /broker/repositories/7/statuses/${status.commit}`,
    ]);
    expect(server.requests[3]?.body).toMatchObject({ context: "build/O2/o2" });
    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });
});

describe("pages", () => {
  it("W-17: are asked for at the address that was given, whatever address GitHub's links name", async () => {
    const link = '<https://api.github.com/repositories/1/issues/7/comments?page=2>; rel="next"';
    const pages = [
      Array.from({ length: 100 }, (_, id) => ({ id, body: "another" })),
      [{ id: 300, body: "Error while checking c for 1: old" }],
    ];
    await using server = await scripted(({ method, url }) => {
      if (method !== "GET") return { body: {} };
      const page = Number(new URL(url, "http://x").searchParams.get("page"));
      return { body: pages[page - 1] ?? [], headers: page === 1 ? { link } : {} };
    });
    const { client } = gitHub(server, { path: "/broker" });
    const prefix = "Error while checking c for 1";
    const comment = { repository: "alice/o2", number: 7, prefix, body: `${prefix}: new` };
    expect(await client.upsertComment(comment, signal)).toEqual({ written: true });
    expect(server.requests.map(({ method, url }) => `${method} ${url.split("?")[0]}`)).toEqual([
      "GET /broker/repos/alice/o2/issues/7/comments",
      "GET /broker/repos/alice/o2/issues/7/comments",
      "PATCH /broker/repos/alice/o2/issues/comments/300",
    ]);
  });
});

describe("the budget", () => {
  const headers = (remaining: number, reset: number) => ({
    "x-ratelimit-resource": "core",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-used": String(5000 - remaining),
    "x-ratelimit-reset": String(reset),
  });

  it("is known from the answers", async () => {
    await using server = await scripted(() => ({ body: { statuses: [] }, headers: headers(4321, 2_000_000_000) }));
    const { client } = gitHub(server);
    expect(client.budgets()).toEqual([]);
    await client.setStatus(status, signal);
    expect(client.budgets()).toEqual([
      { resource: "core", limit: 5000, remaining: 4321, used: 679, resetAt: 2_000_000_000_000 },
    ]);
  });

  it("is kept for writes when little is left: reads wait for the reset", async () => {
    const clock = { reset: Math.floor(Date.now() / 1000) + 600 };
    await using server = await scripted(({ method, url }) => ({
      headers: headers(249, clock.reset),
      body: method === "GET" && url.includes("/pulls") ? [] : { statuses: [] },
    }));
    const { client, clock: time } = gitHub(server);
    await client.setStatus(status, signal);
    const before = server.requests.length;
    const error = await errorOf(list(client));
    expect([error.code, error.retryAt]).toEqual(["RateLimited", clock.reset * 1000]);
    expect(server.requests).toHaveLength(before);
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
    time.advance(601_000);
    await errorOf(list(client));
    expect(server.requests.some(({ url }) => url.includes("/pulls"))).toBe(true);
  });
});

describe("a GitHub App", () => {
  const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  const lent = (count: number, expiresAt: number) => ({
    status: 201,
    body: { token: `ghs_${count}`, expires_at: new Date(expiresAt).toISOString(), permissions: { statuses: "write" } },
  });
  const claimsOf = (header = "") =>
    JSON.parse(Buffer.from(header.split(".")[1] ?? "", "base64url").toString()) as {
      iat: number;
      exp: number;
      iss: string;
    };

  it("lends a token once, and another shortly before it expires", async () => {
    const start = Date.now();
    let count = 0;
    await using server = await scripted(({ url }) =>
      url.endsWith("/access_tokens") ? lent(++count, start + count * 3_600_000) : { body: { statuses: [] } },
    );
    const { client, clock } = gitHub(server, {
      credential: { appId: "12", installationId: "3401", privateKey },
      now: start,
    });
    await client.setStatus(status, signal);
    await client.setStatus(status, signal);
    expect(count).toBe(1);
    clock.advance(3_550_000);
    await client.setStatus(status, signal);
    expect(count).toBe(2);
    expect(server.requests.at(-1)?.headers.authorization).toBe("bearer ghs_2");
  });

  it("replaces a token that GitHub no longer accepts", async () => {
    let count = 0;
    await using server = await scripted(({ url, headers }) => {
      if (url.endsWith("/access_tokens")) return lent(++count, Date.now() + 3_600_000);
      return headers.authorization === "bearer ghs_1" ? { status: 401 } : { body: { statuses: [] } };
    });
    const { client } = gitHub(server, { credential: { appId: "12", installationId: "3402", privateKey } });
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });

  it("signs by GitHub's clock when ours is wrong", async () => {
    const wrong = Date.now() + 7_200_000;
    await using server = await scripted(({ url, headers }) => {
      if (!url.endsWith("/access_tokens")) return { body: { statuses: [] } };
      const { iat } = claimsOf(headers.authorization);
      if (iat > Date.now() / 1000)
        return { status: 401, body: { message: "'Issued at' claim ('iat') must be in the past" } };
      return lent(1, Date.now() + 3_600_000);
    });
    const { client } = gitHub(server, { credential: { appId: "12", installationId: "3403", privateKey }, now: wrong });
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });

  it("that is not installed, or whose key is no key, is a matter for a person", async () => {
    const app = { appId: "12", installationId: "3404", privateKey };
    const missing = await failing({ status: 404, body: { message: "Integration not found" } }, app);
    expect([missing.code, missing.message]).toEqual(["Unauthorized", expect.stringContaining("installation token")]);
    const garbled = await failing({}, { ...app, installationId: "3405", privateKey: "-----BEGIN nonsense" });
    expect(garbled.code).toBe("Unauthorized");
    expect(inspect(garbled, { depth: 20 })).not.toContain("nonsense");
  });
});
