import { observeHost } from "../../agent/doctor/observe.ts";
import { diagnoseHost } from "../../core/host/diagnose.ts";
import { systemClock as clock } from "../../system/clock.ts";
import { lastingNodePath } from "../../system/nodePath.ts";
import { CommandError, exitCodes } from "../exit.ts";
import { findingLines } from "../output/findings.ts";
import { foldersOf } from "./status.ts";

/** `builderpool agent doctor`: proves on this machine what its builds need. Returns the exit code. */
export async function agentDoctorCommand(
  name: string | undefined,
  stateDir: string | undefined,
  print: (line: string) => void,
): Promise<number> {
  if (process.getuid?.() !== 0)
    throw new CommandError(exitCodes.usage, "doctor of an agent needs root; start it with sudo");
  let failed = 0;
  for (const folder of foldersOf(name, stateDir)) {
    const node = lastingNodePath(process.execPath);
    const findings = diagnoseHost(await observeHost({ folder, node, environment: process.env, clock }));
    for (const finding of findings) for (const line of findingLines(finding)) print(line);
    failed += findings.filter(({ level }) => level === "fail").length;
  }
  print(failed === 0 ? "\nthis host can build" : `\n${failed} to fix before this host can build`);
  return failed === 0 ? exitCodes.done : exitCodes.failed;
}
