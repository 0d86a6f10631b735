import { describe, expect, it } from "vitest";
import { createFencedClient } from "../../../../src/operator/cluster/fenced.ts";
import { pods } from "../../../../src/operator/cluster/resources.ts";
import type { KubernetesClient, KubernetesObject } from "../../../../src/store/kubernetes/client.ts";

const object: KubernetesObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "o2-0" } };

/** A client that notes what reaches the API server. */
function aClient() {
  const asked: string[] = [];
  const answer = (verb: string) => async () => {
    asked.push(verb);
    return object;
  };
  const client: KubernetesClient = {
    namespace: "ci",
    get: answer("get"),
    list: async () => ({ resourceVersion: "1", items: [] }),
    async *pages() {},
    async *watch() {},
    create: answer("create"),
    update: answer("update"),
    apply: answer("apply"),
    merge: answer("merge"),
    delete: async () => {
      asked.push("delete");
    },
  };
  return { client, asked };
}

const writes: readonly (readonly [string, (client: KubernetesClient) => Promise<unknown>])[] = [
  ["create", (client) => client.create(pods, object)],
  ["update", (client) => client.update(pods, object)],
  ["apply", (client) => client.apply(pods, object, "builderpool")],
  ["merge", (client) => client.merge(pods, "o2-0", {})],
  ["delete", (client) => client.delete(pods, "o2-0")],
];

describe("an operator that does not lead any more", () => {
  it.each(writes)("does not %s, although it decided to while it led", async (verb, write) => {
    const { client, asked } = aClient();
    const leading = new AbortController();
    const own = createFencedClient(client, leading.signal);
    await write(own);
    leading.abort();
    await expect(write(own)).rejects.toMatchObject({ code: "Unavailable" });
    expect(asked).toEqual([verb]);
  });

  it("may still look", async () => {
    const { client } = aClient();
    const own = createFencedClient(client, AbortSignal.abort());
    expect(await own.get(pods, "o2-0")).toBe(object);
  });
});
