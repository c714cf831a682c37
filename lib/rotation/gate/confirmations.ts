import type { GateConfig } from "../account-config";
import type { Confirmation } from "../moves/evidence";
import { type PlatformQuestion, platformState } from "../platforms/platform-state";
import type { PublishedVersion } from "./consumer-checks";
import { isSigned, consumerViewOf } from "./consumer-view";
import { contradicted, platformInstance } from "./signals";
import type { Sightings } from "./sightings";

/**
 * What the gate may open by. Reports: of configured consumers, not forgotten, healthy, on the published version.
 * Platforms: of consumers that are good by theirs.
 */
export const confirmationsOf = (
  gate: GateConfig,
  published: PublishedVersion,
  { reports, platforms }: Sightings,
  now: Date,
): readonly Confirmation[] =>
  gate.consumers.flatMap((consumer) => [
    ...consumerViewOf(consumer, gate, published, reports, now)
      .known.filter((report) => report.healthy && report.secretVersion === published.version && !contradicted(report))
      .map((report) => ({ ...report, evidence: isSigned(report) ? ("proof" as const) : ("report" as const) })),
    ...platformConfirmation({ consumer, gate, published, platforms, reports: false, now }),
  ]);

const platformConfirmation = (question: PlatformQuestion): readonly Confirmation[] => {
  const { consumer, published } = question;
  const found = consumer.platform === null ? null : platformState(consumer.platform, question);
  if (found?.state !== "Good") return [];
  return [
    {
      consumer: consumer.name,
      instance: platformInstance,
      at: found.goodSince,
      secretVersion: published.version,
      healthy: true,
      proven: false,
      evidence: found.evidence,
    },
  ];
};
