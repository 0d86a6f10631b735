/** One log inside the full log. */
export interface LogFile {
  readonly path: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What stands at the top of the full log: where, when and of what it is, and which logs follow. */
export function fullLogHeadOf(build: {
  readonly host: string;
  readonly finishedAt: string;
  readonly commit: string;
  /** Address of the pull request. */
  readonly pullRequest: string;
  readonly files: readonly LogFile[];
}): string {
  const files = build.files.map(({ path }) => `  ${path}`);
  return `Finished building on ${build.host} at ${seconds(build.finishedAt).replace(" ", "-")}
Built commit ${build.commit} from ${build.pullRequest}

${files.length > 0 ? ["The following files are present in the log:", ...files].join("\n") : "No logs found. The build ended before aliBuild wrote any; what the builder printed follows, if anything."}

`;
}

/** The line before a log. */
export function fullLogBeginOf({ path, startedAt }: LogFile): string {
  return `## Begin ${path} ${seconds(startedAt)}\n`;
}

/** The line after a log. */
export function fullLogEndOf({ path, startedAt, finishedAt }: LogFile): string {
  const span = Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  return `## End ${path} ${seconds(finishedAt)} (${Math.round(span)}s)\n`;
}

function seconds(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
