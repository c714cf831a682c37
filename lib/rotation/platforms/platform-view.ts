import type { ConsumerConfig, GateConfig, PlatformConfig } from "../account-config";
import { formatDuration } from "../time/duration";
import { plusMs, toInstant } from "../time/time";
import type { PublishedVersion } from "../gate/consumer-checks";
import type { ShutState } from "../gate/consumer-state";
import type { PlatformBase } from "./platform-base";
import type { PlatformSeen } from "../gate/sightings";

export type PlatformKind = PlatformConfig["kind"];

/** What is known of one consumer on a platform of this kind. */
export interface PlatformView<K extends PlatformKind = PlatformKind> {
  readonly consumer: ConsumerConfig;
  readonly platform: Extract<PlatformConfig, { kind: K }>;
  readonly gate: GateConfig;
  readonly published: PublishedVersion;
  /** Of this very resource, and of the time since this version was published; null where it has never been seen so. */
  readonly seen: Extract<PlatformSeen, { kind: K }> | null;
  /** Whether an instance of the consumer that runs has reported. */
  readonly reports: boolean;
  readonly now: Date;
}

/** An answer that is older than a signal may be says nothing. Null where it is not. */
export const staleLook = (
  { consumer, gate, now }: Pick<PlatformView, "consumer" | "gate" | "now">,
  { lookedAt, problem }: Pick<PlatformBase, "lookedAt" | "problem">,
): ShutState<"SignalStale"> | null => {
  if (lookedAt === null || lookedAt >= plusMs(toInstant(now), -gate.signalFreshnessMs)) return null;
  const why = problem === null ? "" : `: ${problem}`;
  return {
    state: "SignalStale",
    detail:
      `${consumer.name} was last looked at at ${lookedAt}, longer than ` +
      `${formatDuration(gate.signalFreshnessMs)} ago${why}`,
    since: plusMs(lookedAt, gate.signalFreshnessMs),
  };
};

/** Nothing is known of the time since the version was published. */
export const notSeen = ({
  consumer,
  published: { version, publishedAt },
  seen,
}: Pick<PlatformView, "consumer" | "published" | "seen">): ShutState => {
  const why = seen === null || seen.problem === null ? "" : `: ${seen.problem}`;
  const what = `${consumer.name} could not be looked at since version ${version} was published at ${publishedAt}`;
  return { state: "RefreshPending", detail: `${what}${why}`, since: publishedAt };
};
