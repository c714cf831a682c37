import type { App } from "../app";
import { advance } from "../driver/advance";
import { CorruptRecordError } from "../errors";
import { callOptions } from "../limits";
import type { AccountConfig } from "../rotation/account-config";
import { toInstant } from "../rotation/time/time";
import type { SignalBody } from "./signal-schema";

/** Records a refused proof and changes nothing else: a sender that does not hold the key says nothing about health. */
export const reportRefusedProof = async (app: App, config: AccountConfig, signal: SignalBody): Promise<void> => {
  const { consumer, instance, secretVersion } = signal;
  const { kind, more } = app.refusedProofs.add(config.name, consumer);
  const what =
    `a signal of ${consumer}/${instance} for version ${secretVersion} ` +
    "carried a proof that this version's key does not make";
  switch (kind) {
    case "recorded":
      await record(app, config, consumer, more === 0 ? what : `${what}; ${more} more of ${consumer} before it`);
      break;
    case "first":
      log(app, config, consumer, `${what}; further ones are counted and reported with a later one`);
      break;
    case "counted":
      break;
  }
};

/** Of one consumer in one day, in the history: the apps of other days and consumers must not be lost among them. */
const maxADay = 20;

/** As many events as are searched for those of today: few of a day are of another kind. */
const searched = 200;

const recordedToday = async ({ ports, limits }: App, { name }: AccountConfig, by: string): Promise<number> => {
  const today = toInstant(ports.clock.now()).slice(0, 10);
  const call = callOptions(ports.clock, limits.callMs);
  const { events } = await ports.history.page(name, { limit: searched, before: null }, call);
  return events.filter((event) => event.event === "ProofRefused" && event.by === by && event.at.startsWith(today))
    .length;
};

/** In the history; in the log alone while another driver holds the account or its record cannot be read. */
const record = async (app: App, config: AccountConfig, consumer: string, detail: string): Promise<void> => {
  const recorded = await recordedToday(app, config, `signal:${consumer}`);
  if (recorded >= maxADay) {
    log(app, config, consumer, `${detail}; the history has ${recorded} of today, further ones are only logged`);
    return;
  }
  const result = await advance(app.ports, app.limits, config, {
    by: `signal:${consumer}`,
    stop: AbortSignal.abort(),
    claimWaitMs: 0,
    beforeSteps: () => ({ note: [{ event: "ProofRefused", detail }] }),
  }).catch((error: unknown) => {
    if (error instanceof CorruptRecordError) return null;
    throw error;
  });
  if (result?.kind !== "driven") log(app, config, consumer, detail);
};

const log = ({ ports }: App, config: AccountConfig, consumer: string, detail: string): void =>
  ports.log.write("warn", { event: "ProofRefused", account: config.name, detail, by: `signal:${consumer}` });
