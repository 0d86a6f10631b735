/**
 * API group of the custom resources. Users and scripts depend on every name in this file: a change is a breaking
 * change.
 */
export const group = "ci.alice.cern.ch";
/** API version of the custom resources. */
export const version = "v1alpha1";
/** Value of `apiVersion` in every custom resource. */
export const apiVersion = `${group}/${version}` as const;

/** Label on every object of a pool. Value: the name of the pool. */
export const poolLabel = `${group}/pool`;
/** Label on a pod. Value: the revision that the pod was started with. */
export const revisionLabel = `${group}/revision`;
/** Label on a Build. Value: the name of the check's log directory. */
export const checkLabel = `${group}/check`;
/** Label on a Build. Value: the number of its pull request. */
export const pullRequestLabel = `${group}/pull-request`;
/** Label on a Build. Value: the first eight digits of its commit. */
export const commitLabel = `${group}/commit`;

/** Finalizer of a pool. Deletion waits until the builders have drained and pending statuses on GitHub are corrected. */
export const poolFinalizer = `${group}/drain`;

/**
 * Annotation on a Builder. Value: a check name or `*`, a blank and a time. The builder throws these trees away once for
 * each value, and warms up.
 */
export const cleanAnnotation = `${group}/clean`;
/** Annotation on a Builder. Value: an incarnation. The operator drains and restarts that incarnation once. */
export const restartAnnotation = `${group}/restart`;
/** Annotation on a Builder. While the value is "true", the builder drains and stays drained. */
export const drainAnnotation = `${group}/drain`;
/**
 * Annotation on the Builder of a host. Value: the UID of its account, a blank and the machine that uses the account.
 */
export const machineAnnotation = `${group}/machine`;
/**
 * Annotation on the Builder of a host. Value: the UID of its account, a blank and a second machine with this account.
 */
export const secondMachineAnnotation = `${group}/second-machine`;

/** Label on a Secret. Value: the one use that pools may make of the Secret: `github`, `git`, `bucket` or `cell`. */
export const secretUseLabel = `${group}/use`;
/** Annotation on a Secret for `github` or `git`. Value: the host or base URL that may receive the credential. */
export const secretAddressAnnotation = `${group}/address`;

/** Namespace of every object on one machine. */
export const localNamespace = "default";
