import type { App } from "../app";
import type { CallOptions } from "../ports";
import { proofHolds } from "./proof";
import { withoutKeys } from "../redact";
import { parseHealthAnswer, type PulledSignal } from "./signal-schema";
import type { AccountConfig, ConsumerConfig } from "../rotation/account-config";
import { pauseInForce } from "../rotation/pause";
import { healthUrlInstance } from "../rotation/gate/consumers";
import type { Published } from "../rotation/phases";
import type { RotationRecord } from "../rotation/record";
import { type IncomingSignal, mergeSignal } from "../rotation/gate/signals";
import { msBetween, toInstant } from "../rotation/time/time";
import { gatedState } from "../rotation/waiting";

const skewMs = 5 * 60_000;

/**
 * Asks every consumer with a `healthUrl`, all at once, where the account waits at its gate. An answer is kept as if it had been posted;
 * a consumer that does not answer well is unhealthy until it does.
 */
export const pullSignals = async (app: App, config: AccountConfig, record: RotationRecord): Promise<void> => {
  const state = gatedState(record.state);
  const asked = config.gate.consumers.filter(({ healthUrl }) => healthUrl !== null);
  if (state === null || asked.length === 0 || pauseInForce(record, config) !== null) return;
  const pulled = await Promise.allSettled(asked.map((consumer) => pullOne(app, config, consumer, state.active)));
  // Only now: what goes wrong with one consumer does not leave the others half asked.
  for (const outcome of pulled) if (outcome.status === "rejected") throw outcome.reason;
};

const pullOne = async (app: App, config: AccountConfig, consumer: ConsumerConfig, active: Published): Promise<void> => {
  const { ports, limits } = app;
  const call = () => ({ signal: ports.clock.abortAfter(limits.callMs) });
  const nonce = ports.ids.next();
  const answer = await ports.health.ask(consumer.healthUrl ?? "", nonce, call());
  const now = ports.clock.now();
  const read = answer.ok ? await readAnswer(app, config, consumer, answer.body, nonce, now, call()) : answer;
  const signals = read.ok
    ? [...read.signals, answered(consumer, active, now)]
    : [faulty(consumer, active, read.problem, now)];
  for (const signal of signals) {
    await ports.signals.update(
      config.name,
      consumer.name,
      signal.instance,
      (known) =>
        mergeSignal(known, signal, toInstant(now), signal.instance === healthUrlInstance ? unbroken : config.gate),
      call(),
    );
  }
};

type Read =
  | { readonly ok: true; readonly signals: readonly IncomingSignal[] }
  | { readonly ok: false; readonly problem: string };

const readAnswer = async (
  app: App,
  config: AccountConfig,
  consumer: ConsumerConfig,
  body: unknown,
  nonce: string,
  now: Date,
  call: CallOptions,
): Promise<Read> => {
  const parsed = parseHealthAnswer(body);
  if (!parsed.ok)
    return {
      ok: false,
      problem: `answered in another form: ${parsed.problems.map(({ at, problem }) => `${at} ${problem}`.trim()).join("; ")}`,
    };
  const signals: IncomingSignal[] = [];
  for (const signal of parsed.value) {
    // Only the first would be kept, and the second may be the one on the old key.
    if (signals.some(({ instance }) => instance === signal.instance))
      return { ok: false, problem: `answered for instance ${signal.instance} twice: give each a name of its own` };
    const problem = await problemWith(app, config, consumer, signal, nonce, now, call);
    if (typeof problem === "string")
      return { ok: false, problem: `answered for instance ${signal.instance} ${problem}` };
    signals.push({
      consumer: consumer.name,
      instance: signal.instance,
      at: signal.at === null ? toInstant(now) : toInstant(new Date(signal.at)),
      secretVersion: signal.secretVersion,
      healthy: signal.healthy,
      proven: problem.proven,
      detail: signal.detail === null ? null : withoutKeys(signal.detail),
    });
  }
  return { ok: true, signals };
};

const problemWith = async (
  app: App,
  config: AccountConfig,
  consumer: ConsumerConfig,
  signal: PulledSignal,
  nonce: string,
  now: Date,
  call: CallOptions,
): Promise<string | { readonly proven: boolean }> => {
  if (signal.consumer !== consumer.name) return "in the name of another consumer";
  if (signal.at !== null && Math.abs(msBetween(toInstant(now), toInstant(new Date(signal.at)))) > skewMs) {
    return "with an instant more than 5 minutes away from the rotator's clock";
  }
  const version = await app.versions.read(config.secret, signal.secretVersion, call);
  if (version === null) return `with version ${signal.secretVersion}, which the vault does not know`;
  if (signal.proof === null || !version.enabled) return { proven: false };
  const claims = { ...signal, account: config.name, at: signal.at ?? nonce };
  return proofHolds(claims, signal.proof, version.key)
    ? { proven: true }
    : "with a proof that this version's key does not make";
};

/** Between two ticks the URL is not asked, which is no silence of the consumer's. */
const unbroken = {
  signalFreshnessMs: Number.POSITIVE_INFINITY,
  forgetInstanceAfterMs: Number.POSITIVE_INFINITY,
} as const;

const pseudo = (consumer: ConsumerConfig, active: Published, now: Date) => ({
  consumer: consumer.name,
  instance: healthUrlInstance,
  at: toInstant(now),
  secretVersion: active.version,
  proven: false,
});

const answered = (consumer: ConsumerConfig, active: Published, now: Date): IncomingSignal => ({
  ...pseudo(consumer, active, now),
  healthy: true,
  detail: null,
});

const faulty = (consumer: ConsumerConfig, active: Published, problem: string, now: Date): IncomingSignal => ({
  ...pseudo(consumer, active, now),
  healthy: false,
  detail: `its health URL ${problem}`.slice(0, 500),
});
