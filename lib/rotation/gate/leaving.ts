import type { ConsumerConfig } from "../account-config";
import { earliest, type Instant } from "../time/time";
import {
  type IncomingSignal,
  type InstanceReport,
  isNew,
  type MergedSignal,
  mergeSignal,
  replaced,
  type SignalLimits,
} from "./signals";

/** The limits of the account, and whether the consumer must prove its reports. */
export interface ReportRules extends SignalLimits {
  readonly proof: ConsumerConfig["proof"];
}

/** The report of an instance after a signal or a report of leaving. Null where an instance stays unknown. */
export const mergeReport = (
  known: InstanceReport | null,
  signal: IncomingSignal,
  receivedAt: Instant,
  rules: ReportRules,
): MergedSignal | null =>
  signal.leaving ? mergeLeaving(known, signal, receivedAt, rules) : mergeSignal(known, signal, receivedAt, rules);

/**
 * An instance that has ended is forgotten at once: it shuts the gate no longer, and is not one of the required number.
 * Its row stays, so that no signal from before the end brings it back, until any silent instance would be forgotten.
 * The proof does not sign `healthy`, so its health is what it has reported before.
 */
const mergeLeaving = (
  known: InstanceReport | null,
  signal: IncomingSignal,
  receivedAt: Instant,
  rules: ReportRules,
): MergedSignal | null => {
  const at = earliest(signal.at, receivedAt);
  if (!mayLeave(known, signal, rules) || (known !== null && !isNew(known, signal, at)))
    return known && { accepted: false, report: known };
  const last = { ...signal, healthy: known?.healthy ?? true, detail: signal.detail ?? known?.detail ?? null };
  return { accepted: true, report: replaced(known, last, at, receivedAt, rules) };
};

/** Any caller can send an unproven one: it ends no instance that has ever proven itself, and none that must. */
const mayLeave = (known: InstanceReport | null, { proven }: IncomingSignal, { proof }: ReportRules): boolean =>
  proven || (proof === "optional" && (known?.latestSignedAt ?? null) === null);

/** Whether it has ended. One that has reported since then, without a proof after signed reports, may still run. */
export const hasLeft = ({ leftAt, unsigned }: InstanceReport): boolean => leftAt !== null && unsigned === null;
