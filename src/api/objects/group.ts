/** Names that people and scripts see: API group, labels, annotations, finalizers. Changing one is a breaking change. */

export const group = "ci.alice.cern.ch";
export const version = "v1alpha1";
export const apiVersion = `${group}/${version}` as const;

/** Label on everything a pool owns: the pool's name. */
export const poolLabel = `${group}/pool`;
/** Label on a pod: the revision it was started with. */
export const revisionLabel = `${group}/revision`;
/** Label on a Build: the check's log-directory name. */
export const checkLabel = `${group}/check`;
/** Label on a Build: the number of its pull request. */
export const pullRequestLabel = `${group}/pull-request`;

/** Finalizer that holds a deleted pool until its builders have drained and GitHub's pending statuses are put right. */
export const poolFinalizer = `${group}/drain`;

/** Annotation on a Builder, set to the incarnation to end: the operator drains and restarts that one, once. */
export const restartAnnotation = `${group}/restart`;
/** Annotation on a Builder: when "true", it drains and stays drained until the annotation is removed. */
export const drainAnnotation = `${group}/drain`;

/** Namespace of every object on one machine. */
export const localNamespace = "default";
