import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts the browser of this machine with a temporary profile. Throws an Error with one sentence when no browser is
 * installed.
 */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserIn(process.env["PATH"] ?? ""), args });
}

function browserIn(path: string): string {
  const files = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const found = files.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`this machine has no browser (${names.join(", ")}); run: make test-setup`);
  return found;
}

/** Records unwanted actions of a page: dialogs, console output, errors, popups, and requests to other origins. */
export function misdeeds(page: Page): readonly string[] {
  const done: string[] = [];
  page.on("dialog", (dialog) => {
    done.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => done.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => done.push(`error: ${error.message}`));
  page.on("popup", (other) => done.push(`popup: ${other.url()}`));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    const isOwn = protocol === "data:" || page.url() === "about:blank" || origin === new URL(page.url()).origin;
    if (!isOwn) done.push(`request: ${request.url()}`);
  });
  return done;
}
