import { describe, expect, it } from "vitest";
import { scripted } from "../../../support/github/scripted.ts";
import { errorOf, gitHub, list, signal, status, token } from "../asking.ts";

describe("the API address", () => {
  it.each([
    ["", "/graphql"],
    ["/", "/graphql"],
    ["/broker", "/broker/graphql"],
    ["/api/v3", "/api/graphql"],
    ["/api/v3/", "/api/graphql"],
  ])("%j has its GraphQL endpoint at %s", async (path, graphql) => {
    await using server = await scripted(({ method }) => (method === "GET" ? { body: [] } : { status: 404 }));
    const { client } = gitHub(server, { path });
    await errorOf(list(client));
    expect(server.requests.map(({ method, url }) => `${method} ${url.replace(/\?.*/, "")}`)).toEqual([
      `GET ${path.replace(/\/$/, "")}/repos/alice/o2/pulls`,
      `POST ${graphql}`,
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([`bearer ${token}`, `bearer ${token}`]);
  });

  it("stays in use when GitHub redirects a moved repository, and the move is logged once", async () => {
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

describe("comment pages", () => {
  it("W-17: are requested at the configured address, not at the address in GitHub's links", async () => {
    const link = '<https://api.github.com/repositories/1/issues/7/comments?page=2>; rel="next"';
    const pages = [
      Array.from({ length: 100 }, (_, id) => ({ id, body: "another" })),
      [{ id: 300, body: "Error while checking c for 1: old\n<!-- m -->" }],
    ];
    await using server = await scripted(({ method, url }) => {
      if (method !== "GET") return { body: {} };
      const page = Number(new URL(url, "http://x").searchParams.get("page"));
      return { body: pages[page - 1] ?? [], headers: page === 1 ? { link } : {} };
    });
    const { client } = gitHub(server, { path: "/broker" });
    const prefix = "Error while checking c for 1";
    const comment = { repository: "alice/o2", number: 7, prefix, marker: "<!-- m -->", body: `${prefix}: new` };
    expect(await client.upsertComment(comment, signal)).toEqual({ written: true });
    expect(server.requests.map(({ method, url }) => `${method} ${url.split("?")[0]}`)).toEqual([
      "GET /broker/repos/alice/o2/issues/7/comments",
      "GET /broker/repos/alice/o2/issues/7/comments",
      "PATCH /broker/repos/alice/o2/issues/comments/300",
    ]);
  });
});
