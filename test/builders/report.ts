import type { Confirmation } from "../../lib/rotation/moves/evidence";
import { nothingSeen, type Sightings } from "../../lib/rotation/gate/sightings";
import type { IncomingSignal, InstanceReport } from "../../lib/rotation/gate/signals";
import { v2 } from "./state";
import { at } from "./time";

/** A good report of `render-api/vm-1` on `v2`, good since 10:01, with the last signal at 10:10. */
export const aReport = (changes: Partial<InstanceReport> = {}): InstanceReport => ({
  consumer: "render-api",
  instance: "vm-1",
  at: at("10:10"),
  latestSignedAt: changes.proven === true ? (changes.at ?? at("10:10")) : null,
  receivedAt: at("10:10"),
  secretVersion: v2,
  healthy: true,
  proven: false,
  detail: null,
  goodSince: at("10:01"),
  provenSince: null,
  unhealthySince: null,
  joinedHealthy: false,
  unsigned: null,
  leftAt: null,
  ...changes,
});

/** The same report as the history has it. */
export const aConfirmation = (changes: Partial<InstanceReport> = {}): Confirmation => {
  const report = aReport(changes);
  return { ...report, evidence: report.proven ? "proof" : "report" };
};

/** What consumers have reported, and nothing else is known. */
export const reported = (...reports: readonly InstanceReport[]): Sightings => ({ ...nothingSeen, reports });

/** The same instance's healthy signal on `v2`, without a proof, sent at 10:11. */
export const aSignal = (changes: Partial<IncomingSignal> = {}): IncomingSignal => ({
  consumer: "render-api",
  instance: "vm-1",
  at: at("10:11"),
  secretVersion: v2,
  healthy: true,
  proven: false,
  detail: null,
  leaving: false,
  ...changes,
});
