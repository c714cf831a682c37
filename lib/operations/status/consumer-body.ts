import type { ConsumerState } from "../../rotation/gate/consumer-state";
import { consumerState, sightingsByConsumer } from "../../rotation/gate/consumers";
import type { Grade } from "../../rotation/gate/grades";
import { hasLeft } from "../../rotation/gate/leaving";
import { heardAt, type InstanceReport, isPseudo } from "../../rotation/gate/signals";
import { type Instant, msBetween, toInstant } from "../../rotation/time/time";
import type { RotationRecord } from "../../rotation/record";
import type { AccountView } from "../../rotation/waiting";

/** A consumer and what its instances have reported, in the status. */
export interface ConsumerBody {
  readonly name: string;
  readonly state: ConsumerState["state"];
  /** What its good state rests on at the weakest; null while it is not good. */
  readonly evidence: Grade | null;
  readonly instances: readonly {
    readonly id: string;
    readonly at: Instant;
    readonly secretVersion: string;
    readonly healthy: boolean;
    readonly proven: boolean;
  }[];
}

/** What unsigned reports have said since the signed one is shown as the newest report, which is not proven. */
const instanceBody = (report: InstanceReport): ConsumerBody["instances"][number] => {
  const { instance: id, secretVersion, healthy, proven, unsigned } = report;
  return {
    id,
    at: heardAt(report),
    secretVersion: unsigned?.secretVersion ?? secretVersion,
    healthy: healthy && unsigned?.healthy !== false,
    proven: proven && unsigned === null,
  };
};

const shownState = (found: ConsumerState | null): Pick<ConsumerBody, "state" | "evidence"> => ({
  state: found?.state ?? "NoSignalYet",
  evidence: found?.state === "Good" ? found.evidence : null,
});

export const consumerBodies = ({
  config,
  record,
  sightings,
  now,
}: Pick<AccountView, "config" | "sightings" | "now"> & {
  readonly record: RotationRecord | null;
}): readonly ConsumerBody[] => {
  const { gate } = config;
  const active = record?.state.active ?? null;
  const knownOf = sightingsByConsumer(sightings);
  return gate.consumers.map((consumer) => ({
    name: consumer.name,
    ...shownState(active && consumerState(consumer, gate, active, knownOf(consumer), now)),
    instances: knownOf(consumer)
      .reports.filter((report) => !isPseudo(report) && !hasLeft(report))
      .filter((report) => msBetween(heardAt(report), toInstant(now)) <= gate.forgetInstanceAfterMs)
      .map(instanceBody),
  }));
};
