import type { App } from "../app";
import type { CallOptions } from "../ports/call";
import type { AccountConfig } from "../rotation/account-config";
import { mergeReport } from "../rotation/gate/leaving";
import {
  type IncomingSignal,
  type InstanceReport,
  isPseudo,
  mergeSignal,
  refusedInstance,
  type SignalLimits,
} from "../rotation/gate/signals";
import { msBetween, toInstant } from "../rotation/time/time";
import { minutes } from "../rotation/time/units";

/** `full`: the instance is new, and its consumer has as many as are kept. */
type StoredSignal = { readonly kind: "stored"; readonly accepted: boolean } | { readonly kind: "full" };

interface SignalStore extends Pick<App, "ports" | "reports" | "instances"> {}

/** Merges a verified signal into what is stored of its instance. `accepted`: an older one replaces no newer one. */
export const storeSignal = async (
  app: SignalStore,
  config: AccountConfig,
  signal: IncomingSignal,
  { now, limits }: { readonly now: Date; readonly limits: SignalLimits },
  call: CallOptions,
): Promise<StoredSignal> => {
  const own = config.gate.consumers.find(({ name }) => name === signal.consumer)?.proof ?? "required";
  // An unproven report of leaving must not end an instance whose proof the gate waits for.
  const proof = config.gate.leastEvidence === "proof" ? "required" : own;
  const merge = (known: InstanceReport | null) => mergeReport(known, signal, toInstant(now), { ...limits, proof });
  const known = await update(app, config, signal, (report) => (report === null ? null : merge(report)), call);
  if (known !== null) return known;
  if (merge(null) === null) return unchanged;
  const { forgetInstanceAfterMs } = config.gate;
  const isFree =
    isPseudo(signal) || (await app.instances.hasRoom(config.name, signal.consumer, forgetInstanceAfterMs, call));
  if (!isFree) {
    // One that has ended is on no key.
    if (signal.leaving) return unchanged;
    await markRefused(app, config, signal, now, call);
    return { kind: "full" };
  }
  const added = await update(app, config, signal, merge, call);
  app.instances.added(config.name, signal.consumer);
  return added ?? unchanged;
};

const unchanged: StoredSignal = { kind: "stored", accepted: false };

const update = async (
  { ports, reports }: SignalStore,
  config: AccountConfig,
  { consumer, instance }: IncomingSignal,
  merge: (known: InstanceReport | null) => ReturnType<typeof mergeSignal> | null,
  call: CallOptions,
): Promise<StoredSignal | null> => {
  const merges: InstanceReport[] = [];
  const remembered = (known: InstanceReport | null) => {
    const merged = merge(known);
    // Called again where another signal was stored in between: only the last report is the stored one.
    if (merged !== null) merges.push(merged.report);
    return merged;
  };
  const stored = await ports.signals.update(config.name, consumer, instance, remembered, call);
  if (stored === null) return null;
  const report = merges.at(-1);
  if (stored.accepted && report !== undefined) reports.keep(config.name, report);
  return { kind: "stored", accepted: stored.accepted };
};

const markedEveryMs = minutes(1);

/** An instance that is not known may be on the previous key: one row for each consumer keeps the gate shut. */
const markRefused = async (
  app: SignalStore,
  config: AccountConfig,
  signal: IncomingSignal,
  now: Date,
  call: CallOptions,
): Promise<void> => {
  const at = toInstant(now);
  const refused = { ...signal, instance: refusedInstance, at, healthy: true, proven: false, detail: null };
  const merge = (known: InstanceReport | null) =>
    known !== null && Math.abs(msBetween(known.at, at)) < markedEveryMs
      ? { accepted: true, report: known }
      : mergeSignal(known, refused, at, config.gate);
  await update(app, config, refused, merge, call);
};
