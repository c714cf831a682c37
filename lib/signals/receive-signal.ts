import type { App } from "../app";
import { callOptions } from "../limits";
import { CorruptRecordError } from "../errors";
import type { AccountConfig } from "../rotation/account-config";
import { maxInstances, tooManyRemedy } from "../rotation/gate/instance-limits";
import { toInstant } from "../rotation/time/time";
import type { Waiting } from "../rotation/waiting";
import { advanceOnSignal } from "./advance-on-signal";
import { reportRefusedProof } from "./refused-proof";
import type { SignalBody } from "./signal-schema";
import { storeSignal } from "./store-signal";
import { verifySignal } from "./verify-signal";

export interface SignalAnswer {
  readonly account: string;
  readonly accepted: boolean;
  readonly waitingFor: Waiting | null;
}

interface RefusedSignal {
  readonly kind: "refused";
  readonly status: 400 | 403 | 429;
  readonly reason: string;
  readonly at: string;
  readonly detail: string;
}

export type Received = { readonly kind: "received"; readonly answer: SignalAnswer } | RefusedSignal;

/** Checks a signal against the vault, stores it, and advances the rotation where it opens the gate. */
export const receiveSignal = async (app: App, config: AccountConfig, signal: SignalBody): Promise<Received> => {
  if (!config.gate.consumers.some(({ name }) => name === signal.consumer)) return refusals.unknownConsumer(config);
  const { ports, limits } = app;
  const now = ports.clock.now();
  const call = callOptions(ports.clock, limits.callMs);
  const verified = await verifySignal(app, config, signal, { now, nonce: null }, call);
  switch (verified.kind) {
    case "clockSkew":
      return refusals.clockSkew(now);
    case "unknownVersion":
      return refusals.unknownVersion(signal);
    case "proofRefused":
      await reportRefusedProof(app, config, signal);
      return refusals.proofRefused();
    case "verified": {
      const stored = await storeSignal(app, config, verified.signal, { now, limits: config.gate }, call);
      if (stored.kind === "full") return refusals.tooManyInstances(signal);
      const { accepted } = stored;
      const waits = await advanceOnSignal(app, config, signal.consumer, accepted).catch(ignoreCorruptRecord);
      return { kind: "received", answer: { account: config.name, accepted, waitingFor: waits } };
    }
  }
};

/** A record that cannot be read is for the operator to fix, and the status reports it: the sender has done its part. */
const ignoreCorruptRecord = (error: unknown): null => {
  if (error instanceof CorruptRecordError) return null;
  throw error;
};

const refusals = {
  unknownConsumer: (config: AccountConfig): RefusedSignal => ({
    kind: "refused",
    status: 400,
    reason: "UnknownConsumer",
    at: "/consumer",
    detail:
      `is not a consumer of account ${config.name}: ` +
      "add it to gate.consumers in ROTATION_ACCOUNTS, or send the name that is there",
  }),
  clockSkew: (now: Date): RefusedSignal => ({
    kind: "refused",
    status: 400,
    reason: "ClockSkew",
    at: "/at",
    detail: `must lie within 5 minutes of the rotator's clock, which shows ${toInstant(now)}: set the sender's clock`,
  }),
  unknownVersion: ({ secretVersion }: SignalBody): RefusedSignal => ({
    kind: "refused",
    status: 400,
    reason: "UnknownSecretVersion",
    at: "/secretVersion",
    detail:
      `version ${secretVersion} is not one of this account's secret: ` +
      "send the version id that the vault returned with the key",
  }),
  proofRefused: (): RefusedSignal => ({
    kind: "refused",
    status: 403,
    reason: "ProofRefused",
    at: "/proof",
    detail: "does not match: sign the seven lines with the key of this very secret version, each as sent",
  }),
  tooManyInstances: ({ consumer }: SignalBody): RefusedSignal => ({
    kind: "refused",
    status: 429,
    reason: "TooManyInstances",
    at: "/instance",
    detail:
      `is a new one, and ${consumer} has ${maxInstances.toLocaleString("en")} already, the most that are kept: ` +
      tooManyRemedy,
  }),
};
