import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { keepCredential } from "../../../../src/agent/credential/renewal.ts";
import { writeCredential, writeToken } from "../../../../src/agent/state/credential.ts";
import { StoreError } from "../../../../src/store/error.ts";
import type { KubernetesObject } from "../../../../src/store/kubernetes/client.ts";
import { createLog } from "../../../../src/system/log.ts";
import { fakeClock } from "../../../support/fakeClock.ts";
import { aToken } from "../../../support/host/token.ts";

const hour = 60 * 60_000;
const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;

/** A host that renews its credential at an API server with scripted answers. */
async function aHost({ lifetime = 30 * 24 * hour, authority = pem("b2xk") } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "builderpool-credential-"));
  const clock = fakeClock();
  const fresh = () => aToken({ issuedAt: clock.now(), expiresAt: clock.now() + lifetime });
  await writeCredential(folder, { namespace: "ci", authority, token: fresh() }, clock);
  const server = { refusal: undefined as StoreError | undefined, published: authority, requests: [] as object[] };
  const errors: unknown[] = [];
  const end = new AbortController();
  const replaced = Promise.withResolvers<void>();
  const client = {
    async create(_: unknown, { spec }: KubernetesObject) {
      server.requests.push(spec as object);
      if (server.refusal !== undefined) throw server.refusal;
      return { status: { token: fresh() } } as never;
    },
    get: async () => ({ data: { "ca.crt": server.published } }) as never,
  };
  const running = keepCredential(
    {
      ...{ folder, client, clock, uid: "u1", log: createLog({ level: "silent" }) },
      onRenewal: (error) => errors.push(error),
      onAccount: replaced.resolve,
    },
    end.signal,
  );
  onTestFinished(async () => {
    end.abort();
    await running;
    rmSync(folder, { recursive: true });
  });
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  /** Lets time pass with a look every 15 s. */
  async function passUntil(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await expect.poll(() => clock.sleeping()).toBe(1);
      if (!isDone()) await clock.advance(15_000);
    }
  }
  return { folder, clock, server, errors, replaced: replaced.promise, read, passUntil };
}

/** Lets real file operations of the loop finish. */
async function settled<T>(read: () => T, expected: T): Promise<void> {
  await expect.poll(read).toEqual(expected);
}

describe("the credential of a host", () => {
  it("is renewed at the start, then after a third of a short lifetime, with 30 days and no further audience", async () => {
    const { clock, server, read, passUntil } = await aHost({ lifetime: 45 * 60_000 });
    const first = read("token");
    await settled(() => server.requests, [{ audiences: [], expirationSeconds: 2_592_000 }]);
    await expect.poll(() => read("token")).not.toBe(first);
    const start = clock.monotonic();
    await passUntil(() => server.requests.length === 2);
    expect(clock.monotonic() - start).toBe(15 * 60_000);
  });

  it("is for root alone, also after a renewal", async () => {
    const { folder, server } = await aHost();
    await settled(() => server.requests.length, 1);
    for (const file of ["token", "ca.crt", "namespace"]) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });

  it("trusts the old and the new authority after the cluster publishes another one", async () => {
    const { server, read } = await aHost();
    server.published = pem("bmV3");
    await expect.poll(() => read("ca.crt")).toBe(`${pem("bmV3")}\n${pem("b2xk")}\n`);
  });

  it("keeps public authorities", async () => {
    const { server, errors, read } = await aHost({ authority: "" });
    server.published = pem("bmV3");
    await settled(() => errors, [undefined]);
    expect(read("ca.crt")).toBe("");
  });

  it("keeps the old token while the server refuses, and retries after growing pauses", async () => {
    const { clock, server, errors, read, passUntil } = await aHost();
    server.refusal = new StoreError("Unauthorized", "the API server refused (401)");
    await settled(() => errors.length, 1);
    const token = read("token");
    const start = clock.monotonic();
    await passUntil(() => errors.length === 3);
    expect(clock.monotonic() - start).toBe(15_000 + 30_000);
    expect(read("token")).toBe(token);
    server.refusal = undefined;
    await passUntil(() => errors.at(-1) === undefined);
    expect(read("token")).not.toBe(token);
  });

  it("is left alone when a person enrolled the host for another account", async () => {
    const { folder, clock, server, replaced, read } = await aHost();
    await settled(() => [server.requests.length, clock.sleeping()], [1, 1]);
    const other = aToken({ uid: "u2" });
    await writeToken(folder, other);
    await clock.advance(15_000);
    await replaced;
    expect(read("token")).toBe(`${other}\n`);
  });
});
