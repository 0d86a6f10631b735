import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { apiVersion } from "../../../../../src/api/objects/group.ts";
import type { KubernetesObject } from "../../../../../src/store/kubernetes/client.ts";
import { createKubernetesClient } from "../../../../../src/store/kubernetes/http/kubernetesClient.ts";
import { scriptedServer, sendJson, sendStatus } from "../../../../support/kubernetes/scriptedServer.ts";

const builders = { apiVersion, kind: "Builder", plural: "builders" };
const pods = { apiVersion: "v1", kind: "Pod", plural: "pods" };
const builder: KubernetesObject = { apiVersion, kind: "Builder", metadata: { name: "o2-0" }, spec: { new: "field" } };
const forever = new AbortController().signal;

describe("a refusal of the API server", () => {
  it.each([
    [404, { reason: "NotFound", details: { name: "o2-0" } }, "NotFound"],
    [404, { reason: "NotFound", details: { name: "ci", kind: "namespaces" } }, "Unavailable"],
    [409, { reason: "AlreadyExists" }, "AlreadyExists"],
    [409, { reason: "Conflict" }, "Conflict"],
    [422, { reason: "Invalid" }, "Invalid"],
    [400, { reason: "BadRequest" }, "Invalid"],
    [403, { reason: "Forbidden" }, "Forbidden"],
    [401, { reason: "Unauthorized" }, "Unauthorized"],
    [410, { reason: "Expired" }, "Expired"],
    [429, { reason: "TooManyRequests" }, "Unavailable"],
    [500, { reason: "InternalError" }, "Unavailable"],
    [503, {}, "Unavailable"],
  ])("with %i and %j is %s with the server's message and without the token", async (code, rest, expected) => {
    await using server = await scriptedServer((response) =>
      sendStatus(response, code, { message: "it said so", ...rest }),
    );
    const refusal = createKubernetesClient(server.access).update(builders, builder, "status");

    await expect(refusal).rejects.toMatchObject({
      code: expected,
      message: `the API server refused to update Builder "o2-0" (status) (${code}): it said so`,
    });
    await expect(refusal).rejects.not.toThrow("s3cret");
  });

  it("of an object that does not fit its type is Invalid, although the status is 500", async () => {
    const message =
      "failed to create typed patch object (ns/o2; apps/v1, Kind=StatefulSet): .spec.limts: field not declared in schema";
    await using server = await scriptedServer((response) => sendStatus(response, 500, { message }));
    const refusal = createKubernetesClient(server.access).update(builders, builder, "status");
    await expect(refusal).rejects.toMatchObject({ code: "Invalid", message: expect.stringContaining(message) });
  });

  it("carries the server's Retry-After", async () => {
    await using server = await scriptedServer((response) => sendStatus(response, 429, {}, { "retry-after": "7" }));

    await expect(createKubernetesClient(server.access).list(pods)).rejects.toMatchObject({ retryAfterMs: 7000 });
  });

  it("for an unknown path is not NotFound", async () => {
    await using server = await scriptedServer((response) => response.writeHead(404).end("404 page not found\n"));

    await expect(createKubernetesClient(server.access).get(builders, "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringContaining("CustomResourceDefinition"),
    });
  });
});

describe("a client", () => {
  it("returns undefined for an object that does not exist", async () => {
    await using server = await scriptedServer((response) => sendStatus(response, 404, { details: { name: "o2-0" } }));

    expect(await createKubernetesClient(server.access).get(builders, "o2-0")).toBeUndefined();
  });

  it("sends plain JSON and keeps unknown fields", async () => {
    await using server = await scriptedServer((response, { body }) => sendJson(response, body as object));
    const client = createKubernetesClient(server.access);

    expect(await client.create(builders, builder)).toEqual(builder);
    expect(await client.update(builders, builder)).toEqual(builder);
    await client.apply(builders, builder, "builderpool", "status");
    await client.merge(pods, "o2-0", { metadata: { labels: { a: "b" } } });
    await client.create(pods, { ...builder, kind: "Eviction" }, "eviction");
    await client.delete(pods, "o2-0", { uid: "u", gracePeriodSeconds: 0, propagation: "Background" });
    expect(server.seen.map(({ method, url, headers }) => [method, url, headers["content-type"]])).toEqual([
      ["POST", "/apis/ci.alice.cern.ch/v1alpha1/namespaces/ci/builders", "application/json"],
      ["PUT", "/apis/ci.alice.cern.ch/v1alpha1/namespaces/ci/builders/o2-0", "application/json"],
      [
        "PATCH",
        "/apis/ci.alice.cern.ch/v1alpha1/namespaces/ci/builders/o2-0/status?fieldManager=builderpool&force=true",
        "application/apply-patch+yaml",
      ],
      ["PATCH", "/api/v1/namespaces/ci/pods/o2-0", "application/merge-patch+json"],
      ["POST", "/api/v1/namespaces/ci/pods/o2-0/eviction", "application/json"],
      ["DELETE", "/api/v1/namespaces/ci/pods/o2-0", "application/json"],
    ]);
    expect(server.seen.at(-1)?.body).toMatchObject({
      preconditions: { uid: "u" },
      gracePeriodSeconds: 0,
      propagationPolicy: "Background",
    });
  });

  it("reads a list to its last page and adds apiVersion and kind", async () => {
    await using server = await scriptedServer((response, { url }) => {
      const isLast = url.includes("continue=more");
      const metadata = { resourceVersion: "7", ...(isLast ? {} : { continue: "more" }) };
      sendJson(response, { metadata, items: [{ metadata: { name: isLast ? "b" : "a" } }] });
    });
    const list = await createKubernetesClient(server.access).list(pods, { labelSelector: "pool=o2" });

    expect(list.resourceVersion).toBe("7");
    expect(list.items).toEqual(["a", "b"].map((name) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } })));
    expect(server.seen.every(({ url }) => url.includes("labelSelector=pool%3Do2"))).toBe(true);
  });

  it("throws Unavailable with the request's name when the connection is refused", async () => {
    const server = await scriptedServer(() => {});
    await server[Symbol.asyncDispose]();

    await expect(createKubernetesClient(server.access).delete(builders, "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringMatching(
        /^the API server did not answer the request to delete Builder "o2-0": .*ECONNREFUSED/,
      ),
    });
  });

  it.each([
    ["is cut short", '{"metadata":'],
    ["is not JSON", "<html>"],
  ])("throws Unavailable when the answer %s", async (_, text) => {
    await using server = await scriptedServer((response) => response.writeHead(200).end(text));

    await expect(createKubernetesClient(server.access).get(builders, "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
    });
  });

  it("throws the signal's reason at once when the signal aborts", async () => {
    await using server = await scriptedServer(() => stop.abort(new Error("enough")));
    const stop = new AbortController();

    await expect(createKubernetesClient(server.access).get(builders, "o2-0", stop.signal)).rejects.toThrow("enough");
  });

  it.each([
    ["that never starts", (response: ServerResponse) => void response],
    ["that never ends", (response: ServerResponse) => response.writeHead(200).write('{"metadata":')],
  ])("times out on an answer %s", async (_, answer) => {
    await using server = await scriptedServer(answer);
    const client = createKubernetesClient(server.access, "ci", { deadlineMs: 200, quietMs: 1000 });

    await expect(client.get(builders, "o2-0")).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringContaining("no complete answer within 0.2 s"),
    });
  });

  it("cannot be created without a namespace", async () => {
    await using server = await scriptedServer(() => {});

    expect(() => createKubernetesClient({ ...server.access, namespace: undefined })).toThrow(
      "the namespace is missing",
    );
  });
});

describe("a watch", () => {
  const line = (type: string, version: string) =>
    `${JSON.stringify({ type, object: { metadata: { name: "o2-0", resourceVersion: version } } })}\n`;
  const options = { timeoutSeconds: 300, resourceVersion: "5" };

  async function watched(chunks: readonly string[], end: "ends" | "breaks") {
    await using server = await scriptedServer((response) => {
      const [first, ...rest] = [...chunks, end] as const;
      const send = (chunk: string | undefined, left: readonly string[]): void => {
        if (chunk === "ends") response.end();
        else if (chunk === "breaks") response.destroy();
        else response.write(chunk, () => setImmediate(send, left[0], left.slice(1)));
      };
      send(first, rest);
    });
    const seen: string[] = [];
    const onOpen = () => seen.push("open");
    try {
      const events = createKubernetesClient(server.access).watch(builders, { ...options, onOpen }, forever);
      for await (const { type, object } of events) seen.push(`${type} ${object.metadata.resourceVersion}`);
      seen.push("end");
    } catch (error) {
      seen.push(String(error));
    }
    return { seen, url: server.seen[0]?.url };
  }

  it("requests bookmarks and a timeout, and delivers events across chunk boundaries", async () => {
    const text = line("ADDED", "6") + line("BOOKMARK", "7") + line("DELETED", "8");
    const { seen, url } = await watched([text.slice(0, 10), text.slice(10, 90), text.slice(90)], "ends");

    expect(seen).toEqual(["open", "ADDED 6", "BOOKMARK 7", "DELETED 8", "end"]);
    expect(url).toContain("?timeoutSeconds=300&resourceVersion=5&watch=true&allowWatchBookmarks=true");
  });

  it("throws when the connection breaks", async () => {
    const { seen } = await watched([line("ADDED", "6"), '{"type":"MODI'], "breaks");

    expect(seen.slice(0, 2)).toEqual(["open", "ADDED 6"]);
    expect(seen[2]).toMatch(/^StoreError: the API server did not answer the request to watch Builder: /);
  });

  it.each([
    ["is not JSON", "{oops}\n"],
    ["is not an event", '{"type":"MODIFIED"}\n'],
  ])("throws Expired when a line %s", async (_, bad) => {
    const { seen } = await watched([line("ADDED", "6"), bad, line("ADDED", "7")], "ends");

    expect(seen.slice(0, 2)).toEqual(["open", "ADDED 6"]);
    expect(seen[2]).toMatch(/sent a line that is not an event after a request to watch Builder/);
  });

  it("breaks after too long a silence", async () => {
    await using server = await scriptedServer((response) => response.writeHead(200).write(line("ADDED", "6")));
    const client = createKubernetesClient(server.access, "ci", { deadlineMs: 60_000, quietMs: 200 });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { type } of client.watch(builders, options, forever)) seen.push(type);
    })();

    await expect(watching).rejects.toMatchObject({
      code: "Unavailable",
      message: expect.stringContaining("no data for 0.2 s"),
    });
    expect(seen).toEqual(["ADDED"]);
  });

  it("throws an error sent by the server as an event", async () => {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
    const { seen } = await watched([`${JSON.stringify({ type: "ERROR", object: status })}\n`], "ends");

    expect(seen[1]).toBe("StoreError: the API server refused to watch Builder (410): too old resource version");
  });

  it("ends without an error when its signal aborts", async () => {
    await using server = await scriptedServer((response) => {
      response.writeHead(200);
      response.write(line("ADDED", "6"));
    });
    const stop = new AbortController();
    for await (const _ of createKubernetesClient(server.access).watch(builders, options, stop.signal)) stop.abort();
  });
});
