import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { helloSources } from "../../support/alidist/sources.ts";
import { misdeeds, openBrowser } from "../../support/browser.ts";
import { anInstallation, greeting, type Installation } from "../../support/up/installation.ts";

const title = `<script>alert("title")</script> & "friends"`;
const build = helloSources()["build.sh"] ?? "";

/** A build that prints active content for browsers and terminals, and then fails to compile. */
const hostile = {
  "src/greeting.cxx": "const char* greeting()\n{\n  return 1 2\n}\n",
  "build.sh": build.replace(
    "set -e\n",
    `set -e
cat <<'END'
first.cxx:1:1: error: <script>alert("log")</script><img src=http://192.0.2.1/a onerror=alert(1)>
second.cxx:2:2: error: </pre></section><style>body{display:none}</style><iframe src=javascript:alert(2)></iframe>
END
printf '\\033[1mthird.cxx:3:3: \\033[31merror: \\033[0mred \\033]8;;http://192.0.2.1/b\\033\\\\\\\\a link\\033]8;;\\033\\\\\\\\ \\033]0;a title\\007end\\n'
printf 'fourth.cxx:4:4: error: '; head -c 3000 /dev/zero | tr '\\0' w; echo
`,
  ),
};

describe("result page in a browser", () => {
  let machine: Installation;
  let browser: Browser;
  let bad: string;
  let good: string;
  let page: Page;
  let done: readonly string[];

  beforeAll(async () => {
    browser = await openBrowser();
    machine = await anInstallation();
    await machine.declare();
    const { number } = await machine.propose(title, hostile);
    const { number: other } = await machine.propose("Greet", greeting("Hello, reader"));
    const up = machine.up();
    await up.line(new RegExp(`#${number}: GitHub shows error`), 180_000);
    await up.line(new RegExp(`#${other}: GitHub shows success`));
    const builds = await machine.get<"Build">("builds");
    const pageOf = (pull: number) =>
      builds.find(({ spec }) => spec.number === pull)?.status?.verdict?.log?.url ?? "no page";
    [bad, good] = [pageOf(number), pageOf(other)];
  });
  afterAll(async () => {
    await browser?.close();
    await machine?.close();
  });

  const open = async (url: string, width: number, height: number, colorScheme: "light" | "dark" = "light") => {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    page = await context.newPage();
    done = misdeeds(page);
    await page.goto(url, { waitUntil: "networkidle" });
  };
  /**
   * Unwanted actions after following links. Ignores blocked scripts of Playwright and the missing icon of text pages.
   */
  const doneByPage = () => done.filter((deed) => !/^console: (Blocked script|Failed to load)/.test(deed));
  const heading = () => page.getByRole("heading", { level: 1 });
  const style = (selector: string, property: string) =>
    page.evaluate(`getComputedStyle(document.querySelector("${selector}")).${property}`);

  describe("of a failed build", () => {
    beforeEach(() => open(bad, 1280, 720));

    it("shows result, pull request and builder, and links to the pull request", async () => {
      expect(await heading().textContent()).toBe("The build failed");
      expect(await page.title()).toMatch(/^Failure · .+ · alice\/hello#1$/);
      expect(await page.locator(".lead").textContent()).toContain(title);
      const link = page.getByRole("link", { name: "alice/hello#1" }).first();
      expect(await link.getAttribute("href")).toMatch(/^http:.*\/alice\/hello\/pull\/1$/);
      const facts = await page.locator("dl.facts").textContent();
      expect(facts).toMatch(/Commit\s*[0-9a-f]{40}\s/);
      expect(facts).toMatch(/Builder\s*hello-0 on /);
      expect(facts).toMatch(/Command\s*aliBuild build hello /);
    });

    it.each([
      ["a desktop", 1280, 720],
      ["a phone", 390, 844],
    ])("shows the first error without scrolling on %s, and never scrolls sideways", async (_, width, height) => {
      await open(bad, width, height);
      const box = await page.locator("mark").first().boundingBox();
      expect((box?.y ?? height) + (box?.height ?? 0)).toBeLessThan(height);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      const widest = await page.evaluate(
        "Math.max(...[...document.querySelectorAll('mark')].map((m) => m.scrollWidth))",
      );
      expect(widest).toBeLessThanOrEqual(width);
    });

    it("shows the build output as text, and runs, loads and opens nothing from it", async () => {
      const text = await page.locator("#error").textContent();
      expect(text).toContain(`error: <script>alert("log")</script><img src=http://192.0.2.1/a onerror=alert(1)>`);
      expect(text).toContain("</pre></section><style>body{display:none}</style>");
      expect(text).toMatch(/third\.cxx:3:3: error: red .*a link/);
      expect(text).not.toMatch(/[\u001b\u0007]/);
      expect(text).toMatch(/greeting\.cxx:[34]:[0-9]+: error: expected/);
      expect(await page.locator("script, img, iframe").count()).toBe(0);
      expect(await page.locator("style").count()).toBe(1);
      expect(done).toEqual([]);
    });

    it("links to each section from contents that stay visible", async () => {
      const contents = page.getByRole("navigation", { name: "Contents" });
      for (const target of await contents.getByRole("link").all()) {
        await target.click();
        const section = page.locator((await target.getAttribute("href")) ?? "");
        await expect.poll(() => section.boundingBox().then((box) => box?.y ?? 9999)).toBeLessThan(720);
      }
      expect(doneByPage()).toEqual([]);
    });

    it("links to the full log as plain text", async () => {
      await page.getByRole("link", { name: "full log" }).first().click();
      await page.waitForURL(/fullLog\.txt$/);
      expect(await page.locator("body").textContent()).toContain(`<script>alert("log")</script>`);
      expect(doneByPage()).toEqual([]);
    });

    it("keeps its style under the content security policy", async () => {
      expect(await style("h1", "color")).toBe("rgb(192, 36, 52)");
      expect(await style("mark", "color")).toBe("rgb(192, 36, 52)");
      expect(await style("main", "maxWidth")).toBe("1216px");
      expect(await style("body", "backgroundColor")).toBe("rgb(255, 255, 255)");
      await open(bad, 1280, 720, "dark");
      expect(await style("body", "backgroundColor")).toBe("rgb(18, 22, 28)");
      expect(done).toEqual([]);
    });
  });

  describe("of a good build", () => {
    it("is green and shows the build facts without scrolling", async () => {
      await open(good, 1280, 720);
      expect(await heading().textContent()).toBe("The build succeeded");
      expect(await style("h1", "color")).toBe("rgb(26, 127, 70)");
      expect(await page.locator("dl.facts").isVisible()).toBe(true);
      expect(await page.locator("mark").count()).toBe(0);
      expect(done).toEqual([]);
    });
  });

  describe("folder listings", () => {
    it("lead from the root to each page by links", async () => {
      await open(new URL("/", good).href, 390, 844);
      for (const name of ["alice", "hello", "2"])
        await page.getByRole("link", { name: `${name}/`, exact: true }).click();
      for (let depth = 0; depth < 2; depth += 1) await page.locator("td a").nth(1).click();
      await page.getByRole("link", { name: "pretty.html" }).click();
      await expect.poll(() => page.url()).toBe(good);
      expect(doneByPage()).toEqual([]);
    });
  });
});
