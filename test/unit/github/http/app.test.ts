import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { scripted } from "../../../support/github/scripted.ts";
import { failing, gitHub, signal, status } from "../asking.ts";

describe("a GitHub App", () => {
  const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  const tokenReply = (count: number, expiresAt: number) => ({
    status: 201,
    body: { token: `ghs_${count}`, expires_at: new Date(expiresAt).toISOString(), permissions: { statuses: "write" } },
  });
  const claimsOf = (header = "") =>
    JSON.parse(Buffer.from(header.split(".")[1] ?? "", "base64url").toString()) as {
      iat: number;
      exp: number;
      iss: string;
    };

  it("reuses an installation token, and requests a new token shortly before it expires", async () => {
    const start = Date.now();
    let count = 0;
    await using server = await scripted(({ url }) =>
      url.endsWith("/access_tokens") ? tokenReply(++count, start + count * 3_600_000) : { body: { statuses: [] } },
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
      if (url.endsWith("/access_tokens")) return tokenReply(++count, Date.now() + 3_600_000);
      return headers.authorization === "bearer ghs_1" ? { status: 401 } : { body: { statuses: [] } };
    });
    const { client } = gitHub(server, { credential: { appId: "12", installationId: "3402", privateKey } });
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });

  it("signs with GitHub's clock when the local clock is wrong", async () => {
    const wrong = Date.now() + 7_200_000;
    await using server = await scripted(({ url, headers }) => {
      if (!url.endsWith("/access_tokens")) return { body: { statuses: [] } };
      const { iat } = claimsOf(headers.authorization);
      if (iat > Date.now() / 1000)
        return { status: 401, body: { message: "'Issued at' claim ('iat') must be in the past" } };
      return tokenReply(1, Date.now() + 3_600_000);
    });
    const { client } = gitHub(server, { credential: { appId: "12", installationId: "3403", privateKey }, now: wrong });
    expect(await client.setStatus(status, signal)).toEqual({ written: true });
  });

  it("is Unauthorized when it is not installed or its key is invalid", async () => {
    const app = { appId: "12", installationId: "3404", privateKey };
    const missing = await failing({ status: 404, body: { message: "Integration not found" } }, app);
    expect([missing.code, missing.message]).toEqual(["Unauthorized", expect.stringContaining("installation token")]);
    const garbled = await failing({}, { ...app, installationId: "3405", privateKey: "-----BEGIN nonsense" });
    expect(garbled.code).toBe("Unauthorized");
    expect(inspect(garbled, { depth: 20 })).not.toContain("nonsense");
  });
});
