import { describe, expect, it } from "vitest";
import { type Request, type Response, scripted } from "../../../support/github/scripted.ts";
import { gitHub, signal } from "../asking.ts";

const noMore = { hasNextPage: false, endCursor: null };

const node = (number: number, changes: object = {}) => ({
  id: `PR_${number}`,
  number,
  title: `Change ${number}`,
  state: "OPEN",
  isDraft: false,
  baseRefName: "dev",
  headRefOid: `head${number}`,
  createdAt: "2024-01-01T00:00:00Z",
  updatedAt: "2024-01-02T00:00:00Z",
  authorAssociation: "MEMBER",
  author: { login: "ada" },
  labels: { nodes: [], pageInfo: noMore },
  reviews: { nodes: [], pageInfo: noMore },
  commits: { nodes: [{ commit: commit(number) }] },
  ...changes,
});
const commit = (number: number, state = "SUCCESS") => ({
  id: `C_${number}`,
  oid: `head${number}`,
  committedDate: "2024-01-01T00:00:00Z",
  status: { contexts: [{ context: "c", state, description: null }] },
});
const openPage = (numbers: readonly number[], nodes: readonly unknown[]) => ({
  repository: {
    ref: { id: "REF" },
    numbers: { nodes: numbers.map((number) => ({ id: `PR_${number}`, number })) },
    open: { nodes, pageInfo: noMore },
  },
});
const errorAt = (position: number, ...rest: string[]) => ({
  message: "timed out",
  path: ["repository", "open", "nodes", position, ...rest],
});

interface Script {
  probe?: object[] | "missing";
  open?: object;
  nodes?: (ids: readonly string[]) => {
    readonly data: { readonly nodes?: readonly unknown[]; readonly node?: unknown };
  };
}

/** Reads the script at every request, so that a test may change it. */
function respond(script: Script) {
  return ({ method, body }: Request): Response => {
    if (method === "GET") return script.probe === "missing" ? { status: 404 } : { body: script.probe ?? [] };
    const { query, variables } = body as { query: string; variables: { ids?: string[]; heads0?: string[] } };
    if (query.startsWith("query Open")) return { body: script.open ?? {} };
    const { ids = [], heads0 = [] } = variables;
    const reply = script.nodes?.(ids.length > 0 ? ids : heads0);
    if (reply === undefined) return { body: {} };
    const heads = heads0.length === 0 ? [] : script.nodes?.(heads0).data.nodes;
    return { body: { ...reply, data: { ...reply.data, heads0: heads, heads1: [], heads2: [] } } };
  };
}

async function listing(script: Script) {
  const server = await scripted(respond(script));
  const { client, clock, log } = gitHub(server);
  const list = () => client.list({ repository: "o/r", branch: "dev", teams: [], signal });
  return { clock, log, list, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const readable = ({ pullRequests }: { pullRequests: readonly { number: number }[] }) =>
  pullRequests.map(({ number }) => number);

describe("an unreadable pull request", () => {
  it.each<[string, unknown, object[]]>([
    ["is null", null, [errorAt(1)]],
    ["is null without an error", null, []],
    [
      "lacks its statuses because of an error",
      node(2, { commits: { nodes: [{ commit: { ...commit(2), status: null } }] } }),
      [errorAt(1, "commits")],
    ],
    ["has no commit", node(2, { commits: { nodes: [] } }), []],
    ["has an unknown state", node(2, { commits: { nodes: [{ commit: commit(2, "MAYBE") }] } }), []],
    ["has no title", node(2, { title: null }), []],
  ])(
    "%s: is listed as unreadable, neither closed nor untested, and the others are listed",
    async (_, broken, errors) => {
      const open = { data: openPage([1, 2, 3], [node(1), broken, node(3)]), errors };
      await using world = await listing({ open });
      const result = await world.list();
      expect([readable(result), result.unreadable]).toEqual([[1, 3], [2]]);
      expect(world.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    },
  );

  it("is retried after 150 s, and listed once readable", async () => {
    const nodes = (ids: readonly string[]) => ({
      data: { nodes: ids.map((id) => (id.startsWith("PR") ? node(2) : commit(Number(id.slice(2))))) },
    });
    await using world = await listing({ open: { data: openPage([1, 2], [node(1), null]) }, nodes });
    expect((await world.list()).unreadable).toEqual([2]);
    world.clock.advance(100_000);
    expect((await world.list()).unreadable).toEqual([2]);
    world.clock.advance(50_000);
    const result = await world.list();
    expect([readable(result), result.unreadable]).toEqual([[1, 2], []]);
  });
});

describe("a reply with errors", () => {
  it("fails as a whole when an error is not about one pull request, even with data", async () => {
    const open = {
      data: openPage([], []),
      errors: [{ message: "Something went wrong", path: ["repository", "open"] }],
    };
    await using world = await listing({ open });
    await expect(world.list()).rejects.toMatchObject({ code: "Unreachable" });
  });

  it("makes a pull request unreadable, not untested, when its statuses have an error", async () => {
    const nodes = () => ({
      data: { nodes: [null, { ...commit(2), status: null }] },
      errors: [{ type: "NOT_FOUND", message: "gone", path: ["heads0", 0] }],
    });
    await using world = await listing({ open: { data: openPage([1, 2], [node(1), node(2)]) }, nodes });
    await world.list();
    world.clock.advance(150_000);
    const result = await world.list();
    expect([readable(result), result.unreadable]).toEqual([[2], [1]]);
    expect(result.pullRequests[0]?.head.statuses).toEqual([]);
  });
});

describe("a missing right of the credential", () => {
  const forbidden = (position: number) => ({
    ...errorAt(position, "commits", "commit", "status"),
    type: "FORBIDDEN",
    message: "Resource not accessible by integration",
  });
  const open = (...positions: readonly number[]) => ({
    data: openPage([1, 2], [node(1), node(2)]),
    errors: positions.map(forbidden),
  });

  it("fails the listing with the name of the right when every pull request is denied", async () => {
    await using world = await listing({ open: open(0, 1) });
    await expect(world.list()).rejects.toMatchObject({
      code: "Unauthorized",
      message:
        'GitHub answered "Resource not accessible by integration" for the open pull requests of o/r onto dev; grant the credential the right to read "status"',
    });
  });

  it("is reported with GitHub's name of the field", async () => {
    const errors = [{ type: "FORBIDDEN", message: "Resource not accessible", path: ["repository", "numbers"] }];
    await using world = await listing({ open: { data: { repository: null }, errors } });
    await expect(world.list()).rejects.toThrow('grant the credential the right to read "pullRequests"');
  });

  it("makes only the denied pull request unreadable", async () => {
    await using world = await listing({ open: open(1) });
    const result = await world.list();
    expect([readable(result), result.unreadable]).toEqual([[1], [2]]);
  });
});

describe("a head commit", () => {
  it("is requested by its id when it is not the last listed commit", async () => {
    const long = node(1, { headRefOid: "head9" });
    const nodes = () => ({ data: { node: { repository: { object: commit(9, "FAILURE") } } } });
    await using world = await listing({ open: { data: openPage([1], [long]) }, nodes });
    const { pullRequests } = await world.list();
    expect(pullRequests[0]?.head).toMatchObject({ commit: "head9", statuses: [{ state: "FAILURE" }] });
  });
});

describe("a change in the probe", () => {
  const entry = (changes: object = {}) => ({
    number: 1,
    node_id: "PR_1",
    state: "open",
    updated_at: "2024-01-02T00:00:00Z",
    head: { sha: "head1" },
    base: { ref: "dev" },
    ...changes,
  });

  it("is requested until GraphQL shows it too, because GraphQL may lag behind", async () => {
    let seen = "2024-01-02T00:00:00Z";
    const script: Script = {
      probe: [entry()],
      open: { data: openPage([1], [node(1)]) },
      nodes: () => ({ data: { nodes: [node(1, { updatedAt: seen, title: seen })] } }),
    };
    await using world = await listing(script);
    await world.list();
    script.probe = [entry({ updated_at: "2024-01-03T00:00:00Z" })];
    const title = async () => (await world.list()).pullRequests[0]?.title;
    expect(await title()).toBe(seen);
    seen = "2024-01-03T00:00:00Z";
    expect(await title()).toBe(seen);
    const before = world.server.requests.length;
    await title();
    expect(world.server.requests).toHaveLength(before + 1);
  });

  it.each([
    ["closed", { state: "closed" }],
    ["moved to another base", { base: { ref: "release" } }],
  ])("removes a pull request that was %s from the listing at no cost", async (_, change) => {
    const script: Script = { probe: [entry()], open: { data: openPage([1], [node(1)]) } };
    await using world = await listing(script);
    expect(readable(await world.list())).toEqual([1]);
    script.probe = [entry({ updated_at: "2024-01-03T00:00:00Z", ...change })];
    expect(readable(await world.list())).toEqual([]);
  });
});

describe("a team without read access", () => {
  it("has no members, and is requested again after ten minutes, not at every poll", async () => {
    const script = respond({
      open: { data: openPage([1], [node(1)]) },
      nodes: () => ({ data: { nodes: [commit(1)] } }),
    });
    const denied = { data: null, errors: [{ type: "FORBIDDEN", message: "read:org is missing" }] };
    const isTeam = ({ body }: Request) => JSON.stringify(body ?? "").includes("query Members");
    await using server = await scripted((request) => (isTeam(request) ? { body: denied } : script(request)));
    const { client, clock, log } = gitHub(server);
    const experts = async () => {
      const { teams } = await client.list({ repository: "o/r", branch: "dev", teams: ["experts"], signal });
      return teams.get("experts");
    };
    for (let poll = 0; poll < 9; poll += 1) {
      expect(await experts()).toEqual(new Set());
      clock.advance(60_000);
    }
    expect(server.requests.filter(isTeam)).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    clock.advance(60_000);
    await experts();
    expect(server.requests.filter(isTeam)).toHaveLength(2);
  });
});

describe("concurrent listings", () => {
  it("of one repository share one complete reading", async () => {
    await using world = await listing({ open: { data: openPage([1], [node(1)]) } });
    await Promise.all([world.list(), world.list(), world.list()]);
    expect(world.server.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });
});

describe("a broker with GraphQL only", () => {
  it("is listed too, with a complete reading at every poll", async () => {
    const script: Script = { probe: "missing", open: { data: openPage([1], [node(1)]) } };
    await using world = await listing(script);
    expect(readable(await world.list())).toEqual([1]);
    script.open = { data: openPage([1, 2], [node(1), node(2)]) };
    expect(readable(await world.list())).toEqual([1, 2]);
  });
});
