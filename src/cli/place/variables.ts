/** The environment variables that `builderpool` itself reads, each with what it does. */
export const variables: Readonly<Record<string, string>> = {
  GITHUB_TOKEN:
    "the token; `bin/builderpool` takes it out of the environment and hands it over a pipe, so that no process that follows, a build least of all, inherits it",
  BUILDERPOOL_WORK_DIR: "the work folder, where `--work-dir` is not given",
  BUILDERPOOL_CLUSTER:
    "the pools of a cluster are meant, unless `--work-dir` is given; set when the command is called `kubectl builderpool`",
  KUBECONFIG: "files that say how the API server of a cluster is reached; `~/.kube/config` when not set",
  XDG_STATE_HOME: "where the work folder lies by default for a user who is not root; `~/.local/state` when not set",
};
