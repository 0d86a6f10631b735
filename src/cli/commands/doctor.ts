import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { diagnoseMachine } from "../../core/machine/diagnose.ts";
import type { Finding } from "../../core/machine/finding.ts";
import { observeMachine } from "../../local/doctor/machine.ts";
import { readPoolFiles } from "../../local/pools/poolFiles.ts";
import { systemClock } from "../../system/clock.ts";
import { createLog } from "../../system/log.ts";
import { exitCodes } from "../exit.ts";
import { findingLines } from "../output/findings.ts";
import { parseListen } from "../place/listen.ts";
import type { OutputFormat } from "./get.ts";

export interface DoctorOptions {
  readonly file?: readonly string[];
  readonly workDir: string;
  readonly listen: string;
  readonly cellUser?: string;
  readonly online?: boolean;
  readonly output: OutputFormat;
  readonly token: string | undefined;
}

/**
 * `builderpool doctor`: checks this machine for `up` and prints one line per finding. Returns the exit code: 1 when a
 * check fails.
 */
export async function doctorCommand(options: DoctorOptions, print: (text: string) => void): Promise<number> {
  const files = options.file === undefined ? undefined : await readPoolFiles(options.file);
  const facts = await observeMachine({
    workDir: options.workDir,
    ...(files !== undefined && { pools: files.pools }),
    problems: files?.problems ?? [],
    skipped: files?.notes ?? [],
    token: options.token,
    cellUser: options.cellUser,
    listen: parseListen(options.listen),
    online: options.online === true,
    node: process.execPath,
    cellProgram: join(resolve(import.meta.dirname, "../../.."), "src/cell/main.ts"),
    env: process.env,
    clock: systemClock,
    log: createLog({ level: "silent" }),
  });
  const findings = diagnoseMachine(facts);
  print(`${formatFindings(findings, options.output)}\n`);
  return findings.some(({ level }) => level === "fail") ? exitCodes.failed : exitCodes.done;
}

function formatFindings(findings: readonly Finding[], format: OutputFormat): string {
  if (format === "json") return JSON.stringify({ findings }, undefined, 2);
  if (format === "yaml") return stringify({ findings }).trimEnd();
  return [...findings.flatMap(findingLines), "", summaryOf(findings)].join("\n");
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: Finding["level"]) => findings.filter(({ level }) => level === wanted).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed > 0) return `${failed} to fix before \`builderpool up\` can build here, ${warned} to check`;
  return `\`builderpool up\` can build here${warned > 0 ? `, ${warned} to check` : ""}`;
}
