import { group } from "../../api/objects/group.ts";
import { hostAccountSuffix } from "../pool/host/account.ts";
import { accountSuffix } from "../pool/manifest/owned.ts";

/** The allowed writes of builders to one kind, as CEL expressions of the API server. */
export interface AdmissionRules {
  readonly kind: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly variables?: readonly Variable[];
  readonly rules: readonly { readonly holds: string; readonly message: string }[];
  /** CEL: the rules also apply to these requests, whatever the rights of the account are. */
  readonly alsoFor?: string;
  /** Whether the rules read the pools, one pool at a time, as `params`. */
  readonly forEachPool?: boolean;
}

/** A named CEL expression. */
type Variable = readonly [name: string, expression: string];

const extraOf = (key: string) =>
  `has(request.userInfo.extra) && 'authentication.kubernetes.io/${key}' in request.userInfo.extra ` +
  `? request.userInfo.extra['authentication.kubernetes.io/${key}'][0] : ''`;

/**
 * The requesting builder: a pod, or a host outside the cluster. The account of a host is `NAME.POOL.host`, and a host
 * has no pod. The builder is empty for any other token that is not bound to a pod. The pool is empty for an account of
 * another namespace or name.
 */
export const variables: readonly Variable[] = [
  [
    "account",
    "request.userInfo.username.startsWith('system:serviceaccount:' + request.namespace + ':') " +
      "? request.userInfo.username.substring(('system:serviceaccount:' + request.namespace + ':').size()) : ''",
  ],
  ["parts", "variables.account.split('.')"],
  ["isHost", `variables.parts.size() == 3 && variables.account.endsWith('${hostAccountSuffix}')`],
  ["builder", `variables.isHost ? variables.parts[0] : (${extraOf("pod-name")})`],
  ["uid", `variables.isHost ? request.userInfo.uid : (${extraOf("pod-uid")})`],
  [
    "pool",
    `variables.isHost ? variables.parts[1] : (variables.account.endsWith('${accountSuffix}') ` +
      `? variables.account.substring(0, variables.account.size() - ${accountSuffix.length}) : '')`,
  ],
];

/** The allowed transitions of a Build, the same as in `core/build/claim`. */
const steps: readonly Variable[] = [
  ["before", "has(oldObject.status) ? oldObject.status.phase : 'Queued'"],
  ["attempts", "has(oldObject.status) ? oldObject.status.attempt : 0"],
  ["wasHeld", "variables.before in ['Claimed', 'Running'] && has(oldObject.status.claim)"],
  ["wasMine", "variables.wasHeld && oldObject.status.claim.builder == variables.builder"],
  ["sameClaim", same("claim")],
  ["sameVerdict", same("verdict")],
  ["sameAttempt", "object.status.attempt == variables.attempts"],
  ["sameTrouble", same("trouble")],
  // One failure more than before, about the request of the claim.
  [
    "ownTrouble",
    all(
      "object.status.?trouble.?builder == optional.of(variables.builder)",
      "object.status.?trouble.?request == oldObject.status.?claim.?request",
      "object.status.trouble.count <= oldObject.status.?trouble.?count.orValue(0) + 1",
    ),
  ],
  // The old verdict without its excerpt, before the earlier ones.
  ["lastHistory", "oldObject.?status.?history.orValue([])"],
  ["history", "object.?status.?history.orValue([])"],
  [
    "extendsHistory",
    "!has(oldObject.status.verdict) ? variables.history == variables.lastHistory : " +
      all(
        "variables.history.size() == (variables.lastHistory.size() < 5 ? variables.lastHistory.size() + 1 : 5)",
        ...["commit", "request", "attempt", "builder", "result", "description", "startedAt", "finishedAt"].map(
          (field) => `variables.history[0].${field} == oldObject.status.verdict.${field}`,
        ),
        ...["cause", "silent", "log", "revision"].map(
          (field) => `variables.history[0].?${field} == oldObject.status.verdict.?${field}`,
        ),
        "[0, 1, 2, 3].all(i, i + 1 >= variables.history.size() || variables.history[i + 1] == variables.lastHistory[i])",
      ),
  ],
  // Only rechecks of one commit count.
  [
    "lastRechecks",
    "has(oldObject.status.verdict) && oldObject.status.verdict.commit == oldObject.status.claim.commit " +
      "? oldObject.status.?rechecks.orValue(0) : 0",
  ],
  ["countsRechecks", "object.status.?rechecks.orValue(0) - variables.lastRechecks in [0, 1]"],
  // The directory of the check is the log service's concern: CEL cannot derive it.
  [
    "logFolder",
    "object.spec.repository + '/' + string(object.spec.number) + '/' + oldObject.status.claim.commit + '/'",
  ],
  [
    "logsHere",
    "!has(object.status.verdict.log) || (object.status.verdict.log.path.startsWith(variables.logFolder) && " +
      "object.status.verdict.log.path.substring(variables.logFolder.size()).matches('^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+$'))",
  ],
  [
    "wanted",
    "!has(object.spec.blocked) && (!has(object.spec.answered) || object.spec.answered < object.spec.request) && " +
      "(!has(oldObject.status) || !has(oldObject.status.verdict) || oldObject.status.verdict.request < object.spec.request)",
  ],
  [
    "claims",
    all(
      "!variables.wasHeld",
      "object.status.phase == 'Claimed'",
      "has(object.status.claim)",
      "object.status.claim.builder == variables.builder",
      "object.status.attempt == variables.attempts + 1",
      "object.status.claim.attempt == object.status.attempt",
      "object.status.claim.request == object.spec.request",
      "object.status.claim.commit == object.spec.commit",
      "variables.wanted",
      "!has(object.status.step)",
      "variables.sameVerdict",
      "variables.sameTrouble",
    ),
  ],
  [
    "builds",
    all(
      "variables.wasMine",
      "object.status.phase == 'Running' || object.status.phase == variables.before",
      "variables.sameClaim",
      "variables.sameAttempt",
      "variables.sameVerdict",
      "variables.sameTrouble",
    ),
  ],
  [
    "finishes",
    all(
      "variables.wasMine",
      "variables.before == 'Running'",
      "object.status.phase == 'Done'",
      "!has(object.status.claim)",
      "variables.sameAttempt",
      "has(object.status.verdict)",
      "object.status.verdict.builder == variables.builder",
      ...["attempt", "request", "commit"].map(
        (field) => `object.status.verdict.${field} == oldObject.status.claim.${field}`,
      ),
      // A failure that counts as the pull request's own keeps its trouble.
      "has(object.status.verdict.cause) || !has(object.status.trouble)",
      "!has(object.status.verdict.cause) || (object.status.verdict.result == 'Failure' && variables.ownTrouble)",
      "!has(object.status.step)",
    ),
  ],
  [
    "releases",
    all(
      "variables.wasMine",
      "object.status.phase == 'Queued'",
      "!has(object.status.claim)",
      "variables.sameAttempt",
      "variables.sameVerdict",
      // The trouble of an older commit says nothing about the present one, so it may be removed. The builders that the
      // pull request broke stay known.
      "variables.sameTrouble || variables.ownTrouble || " +
        "(!has(object.status.trouble) && oldObject.status.?trouble.?brokenBuilders.orValue([]).size() == 0)",
    ),
  ],
  [
    "storesLog",
    all(
      "has(oldObject.status)",
      "object.status.phase == variables.before",
      "variables.sameClaim",
      "variables.sameAttempt",
      "variables.sameTrouble",
      "has(oldObject.status.verdict)",
      "oldObject.status.verdict.builder == variables.builder",
      "has(object.status.verdict.log)",
      "object.status.verdict.log.stored",
      ...[
        ...["builder", "attempt", "request", "commit", "result", "description", "cause", "silent", "excerpt"],
        "revision",
        ...["startedAt", "finishedAt"],
      ].map((field) => same(`verdict.?${field}`)),
      same("step"),
      same("verdict.?log.?path"),
      same("verdict.?log.?url"),
    ),
  ],
];

/** The admission rules of all kinds that builders write. */
export const admissionRules: readonly AdmissionRules[] = [
  {
    kind: "builders",
    apiGroup: group,
    resource: "builders/status",
    rules: [
      {
        holds: "object.metadata.name == variables.builder && object.spec.pool == variables.pool",
        message: "a builder writes the status of its own Builder and of no other",
      },
      {
        holds: "object.spec.?external.orValue(false) == variables.isHost",
        message: "only a host outside the cluster writes the status of a Builder with spec.external, and no other",
      },
      {
        holds: "has(object.status) && has(object.status.podUid) && object.status.podUid == variables.uid",
        message: "status.podUid is not the UID of the pod or of the host's account that asks",
      },
      {
        // The API server accepts a token for some seconds after the end of its account.
        holds: "!variables.isHost || object.spec.?account == optional.of(variables.uid)",
        message: "the account of this host was revoked or renewed; the host must join again",
      },
    ],
  },
  {
    kind: "builds",
    apiGroup: group,
    resource: "builds/status",
    variables: steps,
    rules: [
      {
        holds: "variables.builder != '' && object.spec.pool == variables.pool",
        message: "a builder touches Builds of its own pool and of no other",
      },
      {
        holds: same("reported"),
        message: "status.reported is written by the reporter alone",
      },
      {
        holds: ["claims", "builds", "finishes", "releases", "storesLog"]
          .map((step) => `variables.${step}`)
          .join(" || "),
        message: "a builder claims in its own name, and changes what it holds or its own verdict's log, nothing else",
      },
      {
        holds: `${same("tree")} || (variables.builds && object.status.tree == variables.builder)`,
        message: "status.tree may only be set to the builder that asks, while it holds the Build",
      },
      {
        holds: `${same("olderTrees")} || variables.builds`,
        message: "status.olderTrees changes only when a builder starts the build that it holds",
      },
      {
        holds: `variables.finishes ? variables.extendsHistory && variables.countsRechecks : ${same("history")} && ${same("rechecks")}`,
        message: "status.history and status.rechecks change with a verdict alone, by that verdict's predecessor",
      },
      {
        holds: "!variables.finishes || variables.logsHere",
        message: "verdict.log.path is not in the log directory of this Build",
      },
    ],
  },
  {
    kind: "leases",
    apiGroup: "coordination.k8s.io",
    resource: "leases",
    rules: [
      {
        holds: "variables.builder != '' && object.metadata.name == variables.builder",
        message: "a builder renews its own Lease and no other",
      },
      {
        holds: "!has(object.metadata.finalizers)",
        message: "the Lease of a builder has no finalizers: it goes when its builder goes",
      },
    ],
  },
];

function all(...conditions: readonly string[]): string {
  return conditions.map((condition) => (condition.includes("||") ? `(${condition})` : condition)).join(" && ");
}

/** CEL: a field of the status is unchanged, or absent before and after. */
function same(field: string): string {
  return `oldObject.?status.?${field} == object.?status.?${field}`;
}
