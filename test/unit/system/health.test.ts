import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Scrape, serveHealth } from "../../../src/system/health.ts";

async function ask(notReady: () => string | undefined, scrape: Scrape, path: string) {
  const { port, close } = await serveHealth(0, notReady, scrape);
  onTestFinished(close);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, text: await answer.text(), type: answer.headers.get("content-type") };
}
const nothing: Scrape = async () => undefined;

describe("serveHealth", () => {
  it.each([
    { path: "/livez", why: "cold", status: 200, text: "alive\n" },
    { path: "/readyz", why: "cold", status: 503, text: "cold\n" },
    { path: "/readyz", why: undefined, status: 200, text: "ready\n" },
    { path: "/metrics", why: undefined, status: 200, text: "" },
    { path: "/", why: undefined, status: 404, text: "expected /livez, /readyz or /metrics\n" },
  ])("is answered at $path with $status", async ({ path, why, status, text }) => {
    expect(await ask(() => why, nothing, path)).toMatchObject({ status, text });
  });

  it("serves metrics, and answers 500 to a failed scrape", async () => {
    const scrape = async () => ({ contentType: "text/x", text: "a 1\n" });
    expect(await ask(() => undefined, scrape, "/metrics")).toEqual({ status: 200, text: "a 1\n", type: "text/x" });
    const broken = () => Promise.reject(new Error("no metrics"));
    expect(await ask(() => undefined, broken, "/metrics")).toMatchObject({ status: 500, text: "Error: no metrics\n" });
  });

  it("keeps few connections of its own machine, and answers on them", async () => {
    const { port, close } = await serveHealth(0, () => undefined, nothing);
    onTestFinished(close);
    const all = Array.from({ length: 200 }, () => connect(port, "127.0.0.1").on("error", () => {}));
    onTestFinished(() => {
      for (const one of all) one.destroy();
    });
    const open = () => all.filter((one) => !one.closed);
    await expect.poll(() => open().length, { timeout: 10_000 }).toBe(16);
    const [kept] = open();
    const answered = kept === undefined ? [] : once(kept, "data");
    kept?.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(String(await answered)).toContain("200 OK");
  });
});
