import type { BuilderPoolSpec } from "../../../../api/objects/pool.ts";

type Resources = Readonly<Record<string, unknown>>;
type Amounts = Readonly<Record<string, unknown>>;

/**
 * Requests of a cell without resources in the pool. They keep the pod out of the class BestEffort, which the kubelet
 * evicts first. Kubernetes has no field for the number of processes: the cell limits that of an order.
 */
const usual = { requests: { cpu: "100m", memory: "256Mi" } };
/** Requests of an idle base cell. */
const idle = { cpu: "10m", memory: "64Mi" };
/** Resources that the base cell may need. A device of a node goes to the build cell alone. */
const shared = ["cpu", "memory", "ephemeral-storage"];

/** The resources of the cell that builds pull requests. */
export function buildResourcesOf({ template }: BuilderPoolSpec): Resources {
  return template?.resources ?? usual;
}

/**
 * The resources of the base cell: the limits of the pool with small requests. A builder gives its two cells one order
 * at a time, so the requests of the build cell cover both.
 */
export function baseResourcesOf({ template }: BuilderPoolSpec): Resources {
  const limits = pick(template?.resources?.["limits"]);
  const requests = { ...idle, ...smaller(limits) };
  return Object.keys(limits).length === 0 ? { requests } : { requests, limits };
}

function pick(amounts: unknown): Amounts {
  if (typeof amounts !== "object" || amounts === null) return {};
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => shared.includes(name)));
}

/** The limits below the requests of an idle cell. A request must not exceed its limit. */
function smaller(limits: Amounts): Amounts {
  return Object.fromEntries(
    Object.entries(idle).flatMap(([name, request]) => {
      const limit = limits[name];
      return limit !== undefined && amountOf(limit) < amountOf(request) ? [[name, limit]] : [];
    }),
  );
}

const units: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** An amount in the notation of Kubernetes as a number; infinite if it is not one. */
function amountOf(amount: unknown): number {
  const match = /^(?<number>[0-9.]+([eE][+-]?[0-9]+)?)(?<unit>[numkMGTPE]|[KMGTPE]i)?$/.exec(String(amount))?.groups;
  const unit = match?.["unit"] === undefined ? 1 : units[match["unit"]];
  return match === undefined || unit === undefined ? Number.POSITIVE_INFINITY : Number(match["number"]) * unit;
}
