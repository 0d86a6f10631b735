import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { escapeHtml, linkHtml, pageHtml } from "../../core/report/page/html.ts";
import { isComponent } from "../path.ts";

/** Most entries on a page. */
const maxEntries = 5000;
const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The HTML listing of a directory: directories first, then files, both sorted by name in natural order. */
export async function listingPage(directory: string, parts: readonly string[]): Promise<string> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(
    (entry) => isComponent(entry.name) && (entry.isDirectory() || entry.isFile()),
  );
  entries.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || byName(a.name, b.name));
  const rows: string[] = [];
  for (const entry of entries.slice(0, maxEntries)) rows.push(await rowHtml(directory, entry));
  const title = parts.at(-1) ?? "Build logs";
  const up = parts.length > 0 ? `<tr><td>${linkHtml("../", "..")}</td><td></td><td></td></tr>` : "";
  return pageHtml(
    title,
    `<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(parts.join(" / ")) || "Logs and result pages of builds"}</p>
<table><thead><tr><th>Name</th><th>Size</th><th>Written</th></tr></thead><tbody>${up}${rows.join("\n")}</tbody></table>
${entries.length > maxEntries ? `<p class="quiet">${entries.length - maxEntries} more entries are not shown</p>` : ""}
${entries.length === 0 ? '<p class="quiet">No logs yet</p>' : ""}`,
  );
}

async function rowHtml(directory: string, entry: Dirent): Promise<string> {
  const isDirectory = entry.isDirectory();
  const address = `./${encodeURIComponent(entry.name)}${isDirectory ? "/" : ""}`;
  const facts = await stat(join(directory, entry.name)).catch(() => undefined);
  const size = isDirectory || facts === undefined ? "" : formatBytes(facts.size);
  const written = facts?.mtime.toISOString().slice(0, 16).replace("T", " ") ?? "";
  return `<tr><td>${linkHtml(address, `${entry.name}${isDirectory ? "/" : ""}`)}</td><td>${size}</td><td>${written}</td></tr>`;
}

function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
