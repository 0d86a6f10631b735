import { isDeepStrictEqual } from "node:util";
import type { BuilderStatus } from "../../api/objects/builder.ts";
import { type Clock, timestamp } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { type AgentReport, writeReport } from "../state/report.ts";

/** Parts of an agent that can have a trouble of their own. */
export type Topic = "cluster" | "credential" | "secrets" | "update";

/** Keeps the report of the running agent up to date, and logs each new trouble once. */
export interface Journal {
  /** Sets the trouble of a part, a sentence with the next step. Undefined: there is none. */
  setTrouble(topic: Topic, sentence: string | undefined): void;
  setConnected(isConnected: boolean): void;
  setStatus(status: BuilderStatus): void;
  /** The last known status of the builder. */
  status(): BuilderStatus | undefined;
  isConnected(): boolean;
  /** Writes the last changes. */
  flush(): Promise<void>;
}

/** Creates the journal of one process in the state folder. */
export function createJournal(
  folder: string,
  first: Pick<AgentReport, "pid" | "version" | "port">,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Journal {
  const troubles = new Map<Topic, string>();
  let status: BuilderStatus | undefined;
  let report: AgentReport = { ...first, startedAt: timestamp(clock), phase: "Pending", troubles: [] };
  let written: AgentReport | undefined;
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    if (isDeepStrictEqual(written, report)) return;
    written = report;
    await writeReport(folder, report).catch((error: unknown) => {
      log.warn({ error: String(error) }, "cannot write the report of this agent");
    });
  }
  function change(next: Partial<AgentReport>): void {
    report = { ...report, ...next };
    writing = writing.then(write);
  }

  change({}); // From now on the report is about this process.
  return {
    setTrouble(topic, sentence) {
      if (troubles.get(topic) === sentence) return;
      if (sentence === undefined) {
        troubles.delete(topic);
        log.info({ topic }, "the trouble is over");
      } else {
        troubles.set(topic, sentence);
        log.warn({ topic, trouble: sentence }, "this host needs help");
      }
      change({ troubles: [...troubles.values()] });
    },
    setConnected(isConnected) {
      if ((report.connectedSince !== undefined) === isConnected) return;
      const { connectedSince: _, ...rest } = report;
      report = rest;
      change(isConnected ? { connectedSince: timestamp(clock) } : {});
    },
    setStatus(next) {
      status = next;
      const { lastVerdict: last, phase, message } = next;
      const verdict = last && `${last.result} of ${last.check} for pull request ${last.number} at ${last.at}`;
      change({
        phase: message === undefined ? phase : `${phase}: ${message}`,
        ...(verdict !== undefined && { lastVerdict: verdict }),
      });
    },
    status: () => status,
    isConnected: () => report.connectedSince !== undefined,
    flush: () => writing,
  };
}
