import { stringify } from "yaml";
import { alidist, hello, team } from "./pullRequests.ts";

/** The GitHub addresses for the pool of the demo. */
export interface Addresses {
  readonly apiUrl: string;
  readonly gitUrl: string;
}

/** The pool file of the demo: three builders, a check for the package and a check for its recipes. */
export function demoPool({ apiUrl, gitUrl }: Addresses): string {
  const pool = {
    apiVersion: "ci.alice.cern.ch/v1alpha1",
    kind: "BuilderPool",
    metadata: { name: "hello" },
    spec: {
      package: "hello",
      defaults: "o2",
      instances: 3,
      // This architecture has no tarball store, so builds need no network.
      architecture: "fedora33_x86-64",
      jobs: 2,
      // Without root, builds are not isolated from each other. `up` then accepts only Strict.
      trust: { collaborators: true, approvals: "Strict" },
      checks: [
        {
          name: "build/hello/o2",
          repository: hello,
          trust: { team, approvals: "Strict" },
          onlyWhenChanged: ["src", "test", "build.sh"],
        },
        {
          name: "build/hello/alidist",
          repository: alidist,
          developmentPackages: [{ repository: alidist }, { repository: hello }],
        },
      ],
      cleanup: { minFree: "1Gi" },
      github: { apiUrl, gitUrl, pollInterval: "2s" },
    },
  };
  return stringify(pool);
}
