import { kubernetes } from "./programs/kubernetes.ts";

/** Compiles Kubernetes before the first test: the time limit of a test is too short for it. */
export default async function setup(): Promise<void> {
  await kubernetes();
}
