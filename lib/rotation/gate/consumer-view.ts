import type { ConsumerConfig, GateConfig } from "../account-config";
import { plusMs, toInstant } from "../time/time";
import type { ConsumerView, PublishedVersion } from "./consumer-checks";
import { hasLeft } from "./leaving";
import { heardAt, type InstanceReport, isPseudo, refusedInstance } from "./signals";

/** One consumer at `now`: which of its instances count, which have left, and which are forgotten. */
export const consumerViewOf = (
  consumer: ConsumerConfig,
  gate: GateConfig,
  published: PublishedVersion,
  reports: readonly InstanceReport[],
  now: Date,
): ConsumerView => {
  const all = reports.filter((report) => report.consumer === consumer.name);
  const own = all.filter((report) => !isPseudo(report));
  // Compared as text: with thousands of reports, parsing each of their instants takes longer than everything else.
  const knownFrom = plusMs(toInstant(now), -gate.forgetInstanceAfterMs);
  const isKnown = (report: InstanceReport): boolean => heardAt(report) >= knownFrom;
  const heard = own.filter(isKnown);
  return {
    consumer,
    gate,
    published,
    known: heard.filter((report) => !hasLeft(report)),
    left: heard.filter(hasLeft),
    forgotten: own.filter((report) => !isKnown(report)),
    refused: all.find((report) => report.instance === refusedInstance && isKnown(report)) ?? null,
    now,
  };
};

export const isSigned = ({ proven, unsigned }: InstanceReport): boolean => proven && unsigned === null;
