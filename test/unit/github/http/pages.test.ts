import { describe, expect, it } from "vitest";
import { readPages } from "../../../../src/github/graphql/pages.ts";
import { type Request, scripted } from "../../../support/github/scripted.ts";
import { errorOf, gitHub, signal, status } from "../asking.ts";

describe("a list without an end", () => {
  const full = (page: object) => Array.from({ length: 100 }, () => page);
  /** A broker that ignores the number of the page. */
  const aBroker = (page: object) =>
    scripted(({ method }) => (method === "GET" ? { body: page } : { status: 201, body: {} }));
  const methods = ({ requests }: { readonly requests: readonly Request[] }) => requests.map(({ method }) => method);
  const reads = (count: number) => [...Array<string>(count).fill("GET"), "POST"];

  it("of statuses does not stop the write of a status", async () => {
    await using server = await aBroker({ statuses: full({ context: "other", state: "success" }) });
    expect(await gitHub(server).client.setStatus(status, signal)).toEqual({ written: true });
    expect(methods(server)).toEqual(reads(100));
  });

  it("of comments does not stop the write of a comment", async () => {
    await using server = await aBroker(full({ id: 1, body: "hello", user: { login: "ada" } }));
    const comment = { repository: "alice/o2", number: 7, prefix: "Error", marker: "<!-- m -->", body: "Error" };
    expect(await gitHub(server).client.upsertComment(comment, signal)).toEqual({ written: true });
    expect(methods(server)).toEqual(reads(30));
  });

  it.each([
    ["repeats its cursor", () => ({ hasNextPage: true, endCursor: "same" })],
    ["has no cursor", () => ({ hasNextPage: true, endCursor: null })],
    ["always goes on", (page: number) => ({ hasNextPage: true, endCursor: String(page) })],
  ])("of GraphQL that %s is an error, and no part of a list", async (_, end) => {
    let pages = 0;
    const reading = readPages("the members", async () => {
      pages += 1;
      return end(pages);
    });
    expect(await errorOf(reading)).toMatchObject({
      code: "Malformed",
      message: expect.stringContaining("the members"),
    });
    expect(pages).toBeLessThanOrEqual(1000);
  });
});
