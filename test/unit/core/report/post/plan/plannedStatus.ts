import type { Build } from "../../../../../../src/api/objects/build.ts";
import { planReport, type ReportFacts } from "../../../../../../src/core/report/post/plan.ts";
import { facts } from "../../../../../support/objects/reportedBuild.ts";

export const plannedStatus = (build: Build, change: Partial<ReportFacts> = {}) =>
  planReport(build, facts(change)).status;
