import type { ResolvedCheck } from "../../../src/api/objects/check.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { type TakeBack, takeBack } from "../../../src/core/build/claim.ts";
import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { planQueue } from "../../../src/core/queue/plan.ts";
import { aListing } from "../objects/listing.ts";
import type { Agenda } from "./agenda.ts";
import type { Bus } from "./bus.ts";
import { type Host, setPhase } from "./host.ts";

const second = 1000;
/** The operator's limits for a builder it hears nothing of. */
const suspectAfter = 75 * second;
export const lostAfter = 930 * second;

/** Plans the queue, notices silent builders, takes back. */
export interface Operator {
  plan(): void;
  takeBackFrom(builder: string, why: TakeBack): void;
  /** What it does about a builder that no longer speaks, unless it speaks again. */
  watch(builder: string, host: Host, isSilent: () => boolean): void;
}

export function createOperator(around: {
  readonly agenda: Agenda;
  readonly bus: Bus;
  readonly pool: Stored<"BuilderPool">;
  readonly checks: readonly ResolvedCheck[];
  /** What is open on GitHub. */
  readonly pullRequests: ReadonlyMap<number, PullRequest>;
  readonly decideSoon: () => void;
}): Operator {
  const { agenda, bus, pool, checks, pullRequests, decideSoon } = around;

  function takeBackFrom(name: string, why: TakeBack): void {
    for (const { metadata, status } of bus.all())
      if (status?.claim?.builder === name) bus.transit(metadata.name, (one) => takeBack(one, why, agenda.now()));
  }

  function giveUp(name: string, host: Host, phase: "Suspect" | "Lost"): void {
    setPhase(host, phase);
    decideSoon();
    takeBackFrom(name, { cause: phase });
  }

  return {
    takeBackFrom,
    plan() {
      const listing = aListing([...pullRequests.values()], { startedAt: agenda.now() });
      const observed = {
        pool,
        checks,
        broken: [],
        ownerOf: () => pool.metadata.name,
        listingOf: () => listing,
        builds: bus.all(),
        rechecks: true,
      };
      for (const action of planQueue(observed, agenda.now()))
        bus.write(action.build.metadata.name, action.do === "delete" ? undefined : action.build);
    },
    watch(name, host, isSilent) {
      const silentSince = agenda.now();
      agenda.at(silentSince + suspectAfter, () => {
        if (isSilent()) giveUp(name, host, "Suspect");
      });
      agenda.at(silentSince + lostAfter, () => {
        if (isSilent()) giveUp(name, host, "Lost");
      });
    },
  };
}
