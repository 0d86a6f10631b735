import { describe, expect, it } from "vitest";
import { createFencedClient } from "../../../../src/operator/cluster/fenced.ts";
import { pods } from "../../../../src/operator/cluster/resources.ts";
import type { KubernetesClient, KubernetesObject } from "../../../../src/store/kubernetes/client.ts";

const object: KubernetesObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "o2-0" } };

/** A client that records the requests to the API server. */
function aClient() {
  const sent: string[] = [];
  const reply = (verb: string) => async () => {
    sent.push(verb);
    return object;
  };
  const client: KubernetesClient = {
    namespace: "ci",
    get: reply("get"),
    list: async () => ({ resourceVersion: "1", items: [] }),
    async *pages() {},
    async *watch() {},
    create: reply("create"),
    update: reply("update"),
    apply: reply("apply"),
    merge: reply("merge"),
    delete: async () => {
      sent.push("delete");
    },
  };
  return { client, sent };
}

const writes: readonly (readonly [string, (client: KubernetesClient) => Promise<unknown>])[] = [
  ["create", (client) => client.create(pods, object)],
  ["update", (client) => client.update(pods, object)],
  ["apply", (client) => client.apply(pods, object, "builderpool")],
  ["merge", (client) => client.merge(pods, "o2-0", {})],
  ["delete", (client) => client.delete(pods, "o2-0")],
];

describe("a client after the loss of the leadership", () => {
  it.each(writes)("does not %s, although the call began under the leadership", async (verb, write) => {
    const { client, sent } = aClient();
    const leading = new AbortController();
    const own = createFencedClient(client, leading.signal);
    await write(own);
    leading.abort();
    await expect(write(own)).rejects.toMatchObject({ code: "Unavailable" });
    expect(sent).toEqual([verb]);
  });

  it("may still read", async () => {
    const { client } = aClient();
    const own = createFencedClient(client, AbortSignal.abort());
    expect(await own.get(pods, "o2-0")).toBe(object);
  });
});
