import { kubernetes } from "./programs/kubernetes.ts";

/** Compiled before the first test, whose limit would be too short for it. */
export default async function setup(): Promise<void> {
  await kubernetes();
}
