/** One log file inside the full log. */
export interface LogFile {
  readonly path: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** The head of the full log: host, time, commit, pull request and the list of log files. */
export function fullLogHeadOf(build: {
  readonly host: string;
  readonly finishedAt: string;
  readonly commit: string;
  /** URL of the pull request. */
  readonly pullRequest: string;
  readonly files: readonly LogFile[];
}): string {
  const files = build.files.map(({ path }) => `  ${path}`);
  return `Finished building on ${build.host} at ${timeOf(build.finishedAt).replace(" ", "-")}
Built commit ${build.commit} from ${build.pullRequest}

${files.length > 0 ? ["The following files are present in the log:", ...files].join("\n") : "No logs found. The build ended before aliBuild wrote a log. The output of the builder follows, if there is any."}

`;
}

/** The line before a log file. */
export function fullLogBeginOf({ path, startedAt }: LogFile): string {
  return `## Begin ${path} ${timeOf(startedAt)}\n`;
}

/** The line after a log file. */
export function fullLogEndOf({ path, startedAt, finishedAt }: LogFile): string {
  const span = Math.max(0, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  return `## End ${path} ${timeOf(finishedAt)} (${Math.round(span)}s)\n`;
}

function timeOf(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
