import type { ConsumerConfig, GateConfig } from "../account-config";
import type { ConsumerReason } from "../reasons";
import { formatDuration } from "../time/duration";
import { type Instant, plusMs, toInstant } from "../time/time";
import type { InstanceReport } from "./signals";

export interface PublishedVersion {
  readonly version: string;
  readonly publishedAt: Instant;
}

/** What the checks of one consumer know. */
export interface ConsumerView {
  readonly consumer: ConsumerConfig;
  readonly gate: GateConfig;
  readonly published: PublishedVersion;
  /** Reported within `forgetInstanceAfter`. */
  readonly known: readonly InstanceReport[];
  readonly forgotten: readonly InstanceReport[];
  readonly now: Date;
}

export type Fault = { readonly detail: string; readonly since: Instant } | null;

const nameOf = (report: InstanceReport): string => `${report.consumer}/${report.instance}`;

/** The first report that shows a fault, as a sentence. */
const faultOf = (
  seen: ConsumerView,
  shows: (report: InstanceReport) => boolean,
  describe: (report: InstanceReport) => { readonly detail: string; readonly since: Instant },
): Fault => {
  const report = seen.known.find(shows);
  return report === undefined ? null : describe(report);
};

/** Run in the order of `consumerReasons`: the first that finds a fault is what log, status, page and alarm show. */
export const consumerChecks: Readonly<Record<ConsumerReason, (seen: ConsumerView) => Fault>> = {
  NoSignalYet: ({ known, forgotten, consumer, gate, published }) => {
    if (known.length > 0) return null;
    const last = forgotten
      .map(({ at }) => at)
      .toSorted()
      .at(-1);
    const heard =
      last === undefined
        ? ""
        : `, not heard of since ${last} (forgotten after ${formatDuration(gate.forgetInstanceAfterMs)})`;
    return {
      detail:
        `no instance of ${consumer.name} has reported version ${published.version}, ` +
        `published at ${published.publishedAt}${heard}`,
      since: published.publishedAt,
    };
  },
  SignalStale: (seen) => {
    const freshFrom = plusMs(toInstant(seen.now), -seen.gate.signalFreshnessMs);
    return faultOf(
      seen,
      ({ at }) => at < freshFrom,
      (report) => ({
        detail:
          `${nameOf(report)} last reported at ${report.at}, on version ${report.secretVersion}, ` +
          `longer than ${formatDuration(seen.gate.signalFreshnessMs)} ago`,
        since: plusMs(report.at, seen.gate.signalFreshnessMs),
      }),
    );
  },
  InstancesMissing: ({ known, consumer, published }) =>
    known.length >= consumer.instances
      ? null
      : {
          detail:
            `${known.length} of ${consumer.instances} instances of ${consumer.name} have reported ` +
            `(${known.map(({ instance }) => instance).join(", ")}); ` +
            `version ${published.version} was published at ${published.publishedAt}`,
          since: published.publishedAt,
        },
  OnPreviousKey: (seen) =>
    faultOf(
      seen,
      ({ secretVersion }) => secretVersion !== seen.published.version,
      (report) => ({
        detail:
          `${nameOf(report)} reported version ${report.secretVersion} at ${report.at}, ` +
          `not ${seen.published.version}`,
        since: seen.published.publishedAt,
      }),
    ),
  ProofMissing: (seen) =>
    faultOf(
      seen,
      ({ proven }) => seen.consumer.proof === "required" && !proven,
      (report) => ({
        detail: `${nameOf(report)} reported version ${report.secretVersion} at ${report.at} without a proof`,
        since: report.at,
      }),
    ),
  Unhealthy: (seen) => unhealthyInstance(seen),
};

export const unhealthyInstance = (seen: ConsumerView): Fault =>
  faultOf(
    seen,
    ({ healthy }) => !healthy,
    (report) => ({
      detail:
        `${nameOf(report)} is unhealthy on version ${report.secretVersion}, as reported at ${report.at}` +
        (report.detail === null ? "" : `: ${report.detail}`),
      since: report.unhealthySince ?? report.at,
    }),
  );
