import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { onlyFor } from "../../../../src/logs/service/hosts.ts";

const app = (hosts?: readonly string[]) => new Hono().use("*", onlyFor(hosts)).get("*", (c) => c.text("a page"));
const ours = ["logs.example.org", "builderpool-logs.ci.svc", "::1"];

describe("the host names of the log service", () => {
  it.each(["logs.example.org", "LOGS.example.org:8443", "builderpool-logs.ci.svc.", "[::1]:8080"])(
    "include %s",
    async (host) => {
      const answer = await app(ours).request(`http://${host}/`, { headers: { host } });
      expect(answer.status).toBe(200);
    },
  );

  it.each(["evil.example", "logs.example.org.evil.example", "x.logs.example.org", "127.0.0.1", ""])(
    "do not include %j",
    async (host) => {
      const answer = await app(ours).request("http://logs.example.org/", { headers: { host } });
      expect(answer.status).toBe(421);
    },
  );

  it("count in the address of the request too", async () => {
    const answer = await app(ours).request("http://evil.example/", { headers: { host: "logs.example.org" } });
    expect(answer.status).toBe(421);
  });

  it("are all names without a setting", async () => {
    expect((await app().request("http://any.example/")).status).toBe(200);
  });
});
