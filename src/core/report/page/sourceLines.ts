import { escapeHtml, linkHtml } from "./html.ts";

/** The pull request whose files the lines name. */
export interface SourceFacts {
  /** URL of the pull request. */
  readonly pullRequest: string;
  readonly commit: string;
  /** Directory of the repository in the work area. Without it no line has a link. */
  readonly checkout?: string;
}

/** A path with a line number, as compilers and CMake print it. */
const place = /(?<path>[\w./+~@-]{1,500})(?::(?<line>\d{1,7})|:? ?\((?<other>\d{1,7})\))(?=[\s:),]|$)/g;

/**
 * A line of a log as HTML. A file below the checkout links to its line at the head commit on GitHub. The merged commit
 * exists on the builder alone.
 */
export function sourceLinesHtml(line: string, facts: SourceFacts): string {
  if (facts.checkout === undefined) return escapeHtml(line);
  let html = "";
  let end = 0;
  for (const match of line.matchAll(place)) {
    const address = addressOf(match.groups?.["path"] ?? "", match.groups?.["line"] ?? match.groups?.["other"], facts);
    if (address === undefined) continue;
    html += escapeHtml(line.slice(end, match.index)) + linkHtml(address, match[0]);
    end = match.index + match[0].length;
  }
  return html + escapeHtml(line.slice(end));
}

function addressOf(path: string, line: string | undefined, facts: SourceFacts): string | undefined {
  const { checkout = "", commit, pullRequest } = facts;
  const parts = path.split("/");
  const root = parts.indexOf(checkout);
  const inside = parts.slice(root + 1);
  const repository = /^(?<base>https?:\/\/.+)\/pull\/\d+$/.exec(pullRequest)?.groups?.["base"];
  // Generated files below sw/BUILD are not in the repository.
  if (
    root < 0 ||
    parts.includes("BUILD") ||
    inside.length === 0 ||
    inside.includes("..") ||
    inside.includes("") ||
    repository === undefined
  )
    return undefined;
  return `${repository}/blob/${commit}/${inside.map(encodeURIComponent).join("/")}#L${line}`;
}
