import type { App } from "../app";
import { advance } from "../driver/advance";
import { readRecord } from "../driver/read-record";
import type { Note, RequestRejection } from "../driver/requests";
import { TransientServiceError } from "../errors";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import type { EventDraft } from "../rotation/events/events";
import {
  type KeyOperation,
  lookBegun,
  newListings,
  nextEventLookAt,
  withListings,
  wordsOf,
} from "../rotation/key-events";
import type { RotationRecord } from "../rotation/record";
import { msBetween, toInstant } from "../rotation/time/time";
import { seconds } from "../rotation/time/units";
import { lookAtNew } from "../sights/look-at-new";
import { type Findings, wantsLook } from "./findings";
import type { Waiting } from "./look-turns";

/** Event Grid waits for an answer for 30 seconds. */
const maxMs = seconds(20);
/** A delivery that is answered too late comes again, and finds that nothing is left to do. */
const maxAnswerMs = seconds(40);

/**
 * Before a look is repeated that found Batch's answers not to agree yet, a service out of reach, or another driver at
 * work.
 */
const againAfterMs = seconds(1);

/** What one look has come to. `again`: the comparison is still owed, and may succeed within seconds. */
type Looked = "done" | "again" | "limited" | "busy";

/**
 * Looks at the account now: vault and live keys are compared, and the comparison alone decides what is done. Where it
 * is not complete in time it stays owed, and every tick repeats it. Throws `TransientServiceError` or
 * `OperatorNeededError` where not even that could be written.
 */
export const lookAt = async (app: App, config: AccountConfig, waiting: Waiting): Promise<void> => {
  const { clock } = app.ports;
  const stop = clock.abortAfter(maxMs);
  for (let again = false; ; ) {
    const looked = await lookOnce(app, config, waiting, { again, stop });
    again ||= looked === "again";
    if (looked === "done" || (again && stop.aborted)) return;
    if (stop.aborted) throw new TransientServiceError({ operation: "look at an account", code: "Busy" });
    if (looked !== "limited") await clock.sleep(againAfterMs, stop);
  }
};

interface LookOptions {
  /** A look before has left the comparison owed. */
  readonly again: boolean;
  readonly stop: AbortSignal;
}

const lookOnce = async (
  app: App,
  config: AccountConfig,
  { peek, take }: Waiting,
  { again, stop }: LookOptions,
): Promise<Looked> => {
  const { ports, limits } = app;
  const known = await readRecord(ports, limits, config, callOptions(ports.clock, limits.callMs));
  // The next tick sees the account for the first time.
  if (known === null) return "done";
  const before = demandOf(known.record, peek(), again, ports.clock.now());
  if (before === "nothing") return "done";
  if (before !== "now") {
    await ports.clock.sleep(msBetween(toInstant(ports.clock.now()), before.from), stop);
    return "limited";
  }
  const findings = take();
  const isLook = again || findings.mustLook || findings.added.length + findings.expiring.length > 0;
  const begunAt = ports.clock.now();
  const driven = await advance(ports, limits, config, {
    by: "event",
    stop: isLook ? stop : AbortSignal.abort(),
    claimWaitMs: limits.claimWaitMs,
    known,
    beforeSteps: (record, now) => noteOf(record, findings, again, now),
  });
  if (driven.kind === "busy") return "busy";
  if (driven.kind === "refused") return driven.refusal.refused === limited.refused ? "limited" : "done";
  await lookAtNew(app, config, driven, { before: known.record, begunAt, maxMs: maxAnswerMs });
  return isUnsettled(driven.record, ports.clock.now()) ? "again" : "done";
};

/** Whether there is anything to do about these events, and from when on it may be done. */
const demandOf = (
  record: RotationRecord,
  findings: Findings,
  again: boolean,
  now: Date,
): "nothing" | "now" | { readonly from: string } => {
  if (again || wantsLook(findings, record)) {
    const from = nextEventLookAt(record.keyEvents, now);
    return from === null ? "now" : { from };
  }
  return newListings(record.keyEvents, findings.listings, now).length > 0 ? "now" : "nothing";
};

const limited: RequestRejection = { refused: "LookedJustNow", detail: "the account was looked at twice just now" };
const nothingToDo: RequestRejection = { refused: "NothingToDo", detail: "another process has seen these events" };

/** Decided once more under the claim: other processes get events too. */
const noteOf = (record: RotationRecord, findings: Findings, again: boolean, now: Date): Note | RequestRejection => {
  const { keyEvents } = record;
  const looks = again || wantsLook(findings, record);
  if (looks && nextEventLookAt(keyEvents, now) !== null) return limited;
  const listings = newListings(keyEvents, findings.listings, now);
  if (!looks && listings.length === 0) return nothingToDo;
  const begun = looks ? lookBegun(keyEvents, findings.regenerations, now) : keyEvents;
  return { note: listings.map(keysListed), change: { keyEvents: withListings(begun, listings, now) } };
};

const keysListed = (operation: KeyOperation): EventDraft => ({
  event: "KeysListed",
  detail:
    `an event of Azure (not verified) reports that the keys were listed by ${wordsOf(operation)}: ` +
    "an app that takes the key from Batch and not from the vault loses it in a rotation",
  evidence: { reportedByEvent: { ...operation } },
});

/** Whether an answer of seconds later may complete the comparison. */
const isUnsettled = ({ keyEvents, hold, failure }: RotationRecord, now: Date): boolean =>
  keyEvents.lookSince !== null &&
  (failure === null ? hold !== null : failure.blocked === null && failure.nextAttemptAt <= toInstant(now));
