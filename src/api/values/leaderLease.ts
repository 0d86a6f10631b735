/** Name of the Lease with which the replicas of the operator elect a leader. No builder has this name. */
export const leaderLease = "builderpool";
