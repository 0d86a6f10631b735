/** The environment variables of `builderpool`, each with its meaning. */
export const variables: Readonly<Record<string, string>> = {
  GITHUB_TOKEN:
    "the GitHub token; `bin/builderpool` removes it from the environment and passes it through a pipe, so no build or other child process inherits it",
  BUILDERPOOL_WORK_DIR: "the work folder, if `--work-dir` is absent",
  BUILDERPOOL_CLUSTER: "selects the pools of a cluster, unless `--work-dir` is given; `kubectl builderpool` sets it",
  KUBECONFIG: "kubeconfig files of the cluster; default `~/.kube/config`",
  XDG_STATE_HOME: "parent of the default work folder of a user other than root; default `~/.local/state`",
};
