import { firstStatus } from "../../../src/api/objects/build.ts";
import type { Builder } from "../../../src/api/objects/builder.ts";
import type { ResolvedCheck } from "../../../src/api/objects/check.ts";
import type { Stored } from "../../../src/api/objects/kinds.ts";
import { type TakeBack, takeBack } from "../../../src/core/build/claim.ts";
import type { PullRequest } from "../../../src/core/pullRequest/pullRequest.ts";
import { planQueue } from "../../../src/core/queue/plan.ts";
import { planReport } from "../../../src/core/report/post/plan.ts";
import { recordComment, recordStatus } from "../../../src/core/report/post/record.ts";
import { aListing } from "../objects/listing.ts";
import { iso } from "../objects/moment.ts";
import type { Agenda } from "./agenda.ts";
import type { Bus } from "./bus.ts";
import type { FleetOptions } from "./fleet.ts";
import { type Host, setPhase } from "./host.ts";

const second = 1000;
/** The operator's limits for a silent builder, in milliseconds. */
const suspectAfter = 75 * second;
export const lostAfter = 930 * second;

/** The operator of a fleet: plans the queue, reports verdicts, watches builders, takes claims back. */
export interface Operator {
  plan(): void;
  takeBackFrom(builder: string, why: TakeBack): void;
  /** Takes back the claims of one process of a builder that is not registered any more. */
  takeBackFormer(builder: string, incarnation: string): void;
  /** Marks a silent builder as Suspect and then Lost, unless it recovers. */
  watch(builder: string, host: Host, isSilent: () => boolean): void;
}

export function createOperator(world: {
  readonly agenda: Agenda;
  readonly bus: Bus;
  readonly pool: Stored<"BuilderPool">;
  readonly checks: readonly ResolvedCheck[];
  /** The open pull requests on GitHub. */
  readonly pullRequests: ReadonlyMap<number, PullRequest>;
  readonly decideSoon: () => void;
  readonly partOf: NonNullable<FleetOptions["partOf"]>;
  readonly builders: () => readonly Builder[];
}): Operator {
  const { agenda, bus, pool, checks, pullRequests, decideSoon, partOf, builders } = world;

  const facts = { silent: false, wantsComments: () => true, isSilentBuilder: () => false, logWaited: 0 };

  function takeBackFrom(name: string, why: TakeBack): void {
    for (const { metadata, status } of bus.all())
      if (status?.claim?.builder === name)
        bus.apply(metadata.name, (one) => takeBack(one, why, agenda.now(), builders()));
  }

  function markAs(name: string, host: Host, phase: "Suspect" | "Lost"): void {
    setPhase(host, phase);
    decideSoon();
    takeBackFrom(name, { cause: phase });
  }

  /** Publishes what GitHub lacks. GitHub accepts every write at once. */
  function report(): void {
    for (const { metadata } of bus.all()) while (reportNext(metadata.name));
  }

  /** Publishes the next write of one Build. Returns false if nothing is due. */
  function reportNext(name: string): boolean {
    const build = bus.get(name);
    if (build === undefined) return false;
    const { status, comment } = planReport(build, facts);
    if (status === undefined && comment === undefined) return false;
    const written = { written: true };
    let { reported } = build.status ?? firstStatus;
    if (status !== undefined) reported = recordStatus(reported, status, written, iso(agenda.now()));
    if (comment !== undefined) reported = recordComment(reported, comment, written);
    return bus.apply(name, (one) => ({ status: { ...(one.status ?? firstStatus), ...(reported && { reported }) } }));
  }

  return {
    takeBackFrom,
    takeBackFormer(name, incarnation) {
      for (const { metadata, status } of bus.all())
        if (status?.claim?.builder === name && status.claim.incarnation === incarnation)
          bus.apply(metadata.name, (one) => takeBack(one, { cause: "Lost" }, agenda.now(), builders()));
    },
    plan() {
      report();
      const listingOf = ({ name }: { readonly repository: string; readonly name?: string }) => {
        const tested = [...pullRequests.values()].filter(({ number }) => (partOf(number).check ?? name) === name);
        return aListing(tested, { startedAt: agenda.now() });
      };
      const observed = {
        pool,
        checks,
        broken: [],
        ownerOf: () => pool.metadata.name,
        listingOf,
        builds: bus.all(),
        rechecks: true,
      };
      for (const action of planQueue(observed, agenda.now()))
        bus.write(action.build.metadata.name, action.do === "delete" ? undefined : action.build);
    },
    watch(name, host, isSilent) {
      const silentSince = agenda.now();
      agenda.at(silentSince + suspectAfter, () => {
        if (isSilent()) markAs(name, host, "Suspect");
      });
      agenda.at(silentSince + lostAfter, () => {
        if (isSilent()) markAs(name, host, "Lost");
      });
    },
  };
}
