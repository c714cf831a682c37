import { type ConsumerState, consumerState, sightingsByConsumer } from "../rotation/gate/consumers";
import { hasLeft } from "../rotation/gate/leaving";
import { heardAt, type InstanceReport, isPseudo } from "../rotation/gate/signals";
import { type Instant, msBetween, toInstant } from "../rotation/time/time";
import type { RotationRecord } from "../rotation/record";
import type { AccountView } from "../rotation/waiting";

/** A consumer and what its instances have reported, in the status. */
export interface ConsumerBody {
  readonly name: string;
  readonly state: ConsumerState["state"];
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
    state: active === null ? "NoSignalYet" : consumerState(consumer, gate, active, knownOf(consumer), now).state,
    instances: knownOf(consumer)
      .reports.filter((report) => !isPseudo(report) && !hasLeft(report))
      .filter((report) => msBetween(heardAt(report), toInstant(now)) <= gate.forgetInstanceAfterMs)
      .map(instanceBody),
  }));
};
