import { advance } from "../driver/advance";
import type { App } from "../app";
import { CorruptRecordError } from "../errors";
import type { SecretVersion } from "../ports";
import { proofHolds } from "./proof";
import { readRecord } from "../driver/read-record";
import { withoutKeys } from "../redact";
import { refusedProofs } from "./refused-proof-limiter";
import type { AccountConfig } from "../rotation/account-config";
import { type InstanceReport, mergeSignal } from "../rotation/gate/signals";
import { msBetween, toInstant } from "../rotation/time/time";
import {
  couldMoveOn,
  couldTryAgain,
  gatedState,
  type AccountView,
  type Waiting,
  waitingFor,
} from "../rotation/waiting";
import { recentReports } from "./report-cache";

/** A signal as it was sent and found well formed. `at` is any ISO 8601 instant; the proof signs it as it stands. */
export interface SignalBody {
  readonly consumer: string;
  readonly instance: string;
  readonly secretVersion: string;
  readonly healthy: boolean;
  readonly at: string;
  readonly detail: string | null;
  readonly proof: string | null;
}

export interface SignalAnswer {
  readonly account: string;
  readonly accepted: boolean;
  readonly waitingFor: Waiting | null;
}

export type Received =
  | { readonly kind: "received"; readonly answer: SignalAnswer }
  | {
      readonly kind: "refused";
      readonly status: 400 | 403;
      readonly reason: string;
      readonly at: string;
      readonly detail: string;
    };

const skewMs = 5 * 60_000;

/** Checks a signal against the vault, keeps it, and moves the rotation on where this opens its gate. */
export const receiveSignal = async (app: App, config: AccountConfig, signal: SignalBody): Promise<Received> => {
  const { ports, limits } = app;
  const now = ports.clock.now();
  const early = refusedByForm(config, signal, now);
  if (early !== null) return early;
  const call = { signal: ports.clock.abortAfter(limits.callMs) };
  const version = await app.versions.read(config.secret, signal.secretVersion, call);
  if (version === null) return unknownVersion(signal);
  const proof = checkProof(config, signal, version);
  if (proof === "refused") return proofRefused(app, config, signal);
  const at = toInstant(new Date(signal.at));
  const stored: InstanceReport[] = [];
  const { accepted } = await ports.signals.update(
    config.name,
    signal.consumer,
    signal.instance,
    (known) => {
      const merged = mergeSignal(known, incoming(signal, at, proof === "proven"), toInstant(now), config.gate);
      // Where another signal comes in between, this is called again, and the later report takes the place of the earlier one.
      stored.push(merged.report);
      return merged;
    },
    call,
  );
  const report = stored.at(-1);
  if (accepted && report !== undefined) recentReports(ports).keep(config.name, report);
  const waits = await moveOn(app, config, signal, accepted).catch(ignoreCorruptRecord);
  return { kind: "received", answer: { account: config.name, accepted, waitingFor: waits } };
};

const incoming = (signal: SignalBody, at: string, proven: boolean) => ({
  consumer: signal.consumer,
  instance: signal.instance,
  at,
  secretVersion: signal.secretVersion,
  healthy: signal.healthy,
  proven,
  detail: signal.detail === null ? null : withoutKeys(signal.detail),
});

const refusedByForm = (config: AccountConfig, signal: SignalBody, now: Date): Received | null => {
  if (!config.gate.consumers.some(({ name }) => name === signal.consumer)) {
    return refusal(
      400,
      "UnknownConsumer",
      "/consumer",
      `is not a consumer of account ${config.name}: add it to gate.consumers in ROTATION_ACCOUNTS, or send the name that is there`,
    );
  }
  if (Math.abs(msBetween(toInstant(now), toInstant(new Date(signal.at)))) > skewMs) {
    return refusal(
      400,
      "ClockSkew",
      "/at",
      `must lie within 5 minutes of the rotator's clock, which shows ${toInstant(now)}: set the sender's clock`,
    );
  }
  return null;
};

const refusal = (status: 400 | 403, reason: string, at: string, detail: string): Received => ({
  kind: "refused",
  status,
  reason,
  at,
  detail,
});

const unknownVersion = (signal: SignalBody): Received =>
  refusal(
    400,
    "UnknownSecretVersion",
    "/secretVersion",
    `version ${signal.secretVersion} is not one of this account's secret: send the version id that the vault returned with the key`,
  );

/** A disabled version cannot be read, so nothing it says is proven. */
const checkProof = (
  config: AccountConfig,
  signal: SignalBody,
  version: SecretVersion,
): "proven" | "unproven" | "refused" => {
  if (signal.proof === null || !version.enabled) return "unproven";
  return proofHolds({ ...signal, account: config.name }, signal.proof, version.key) ? "proven" : "refused";
};

/** Recorded, but nothing else changes: who holds no key says nothing about health. */
const proofRefused = async (app: App, config: AccountConfig, signal: SignalBody): Promise<Received> => {
  const { is, more } = refusedProofs(app.ports).add(config.name, signal.consumer);
  const who = `${signal.consumer}/${signal.instance}`;
  const what = `a signal of ${who} for version ${signal.secretVersion} carried a proof that this version's key does not make`;
  if (is === "recorded")
    await recordRefusal(
      app,
      config,
      signal,
      more === 0 ? what : `${what}; ${more} more of ${signal.consumer} before it`,
    );
  if (is === "first")
    logRefusal(app, config, signal, `${what}; those that follow are counted, and told with a later one`);
  return refusal(
    403,
    "ProofRefused",
    "/proof",
    "does not match: sign the seven lines with the key of this very secret version, each as sent",
  );
};

const recordRefusal = async (app: App, config: AccountConfig, signal: SignalBody, detail: string): Promise<void> => {
  const result = await advance(app.ports, app.limits, config, {
    by: `signal:${signal.consumer}`,
    stop: AbortSignal.abort(),
    claimWaitMs: 0,
    beforeSteps: () => ({ note: [{ event: "ProofRefused", detail }] }),
  }).catch(ignoreCorruptRecord);
  if (result === null || result.kind === "busy") logRefusal(app, config, signal, detail);
};

const logRefusal = ({ ports }: App, config: AccountConfig, { consumer }: SignalBody, detail: string): void =>
  ports.log.write("warn", { event: "ProofRefused", account: config.name, detail, by: `signal:${consumer}` });

/** What is wrong with the record is the operator's to mend and the status's to tell: the sender has done its part. */
const ignoreCorruptRecord = (error: unknown): null => {
  if (error instanceof CorruptRecordError) return null;
  throw error;
};

/** Costs nothing but table reads unless the gate is open, or a rotation may try something again. What the account waits for then. */
const moveOn = async (
  app: App,
  config: AccountConfig,
  signal: SignalBody,
  accepted: boolean,
): Promise<Waiting | null> => {
  const { ports, limits } = app;
  const seen = await look(app, config);
  if (seen === null || !accepted) return seen && waitingFor(seen);
  const moves = couldMoveOn(seen);
  if (!moves && !couldTryAgain(seen)) return waitingFor(seen);
  const stop = ports.clock.abortAfter(limits.requestMs);
  // Of many signals that come at once, one tries again; that its gate is open, each of them may be the first to know.
  const claimWaitMs = moves ? limits.claimWaitMs : 0;
  await advance(ports, limits, config, { by: `signal:${signal.consumer}`, stop, claimWaitMs });
  const after = await look(app, config);
  return after && waitingFor(after);
};

/** Null before first sight. Only a gate asks for reports. */
const look = async ({ ports, limits }: App, config: AccountConfig): Promise<AccountView | null> => {
  const call = { signal: ports.clock.abortAfter(limits.callMs) };
  const stored = await readRecord(ports, limits, config.name, call);
  if (stored === null) return null;
  const { record } = stored;
  const reports = gatedState(record.state) === null ? [] : await recentReports(ports).read(config.name, call);
  return { record, config, reports, dryRun: limits.dryRun, now: ports.clock.now() };
};
