import type { App } from "../app";
import { callOptions } from "../limits";
import type { CallOptions } from "../ports/call";
import type { HealthAnswer } from "../ports/health-checks";
import type { AccountConfig, ConsumerConfig } from "../rotation/account-config";
import { maxInstances, tooManyRemedy } from "../rotation/gate/instance-limits";
import { healthUrlInstance, type IncomingSignal } from "../rotation/gate/signals";
import { pauseInForce } from "../rotation/pause";
import type { Published } from "../rotation/phases";
import type { RotationRecord } from "../rotation/record";
import { toInstant } from "../rotation/time/time";
import { gatedState } from "../rotation/waiting";
import { parseHealthAnswer, type PulledSignal } from "./signal-schema";
import { storeSignal } from "./store-signal";
import { type VerifiedSignal, verifySignal } from "./verify-signal";

/**
 * Asks every consumer with a `healthUrl`, all at once, where the account waits at its gate. An answer is stored as if
 * it had been posted; a consumer that does not answer well is unhealthy until it does.
 */
export const pullSignals = async (app: App, config: AccountConfig, record: RotationRecord): Promise<void> => {
  const state = gatedState(record.state);
  const asked = config.gate.consumers.filter(({ healthUrl }) => healthUrl !== null);
  if (state === null || asked.length === 0 || pauseInForce(record, config) !== null) return;
  const pulled = await Promise.allSettled(asked.map((consumer) => pullOne(app, config, consumer, state.active)));
  // Only now: a failure with one consumer does not stop the others halfway.
  for (const outcome of pulled) if (outcome.status === "rejected") throw outcome.reason;
};

/** One request to a health URL and its answer. */
interface Pull {
  readonly config: AccountConfig;
  readonly consumer: ConsumerConfig;
  readonly nonce: string;
  readonly now: Date;
}

const pullOne = async (app: App, config: AccountConfig, consumer: ConsumerConfig, active: Published): Promise<void> => {
  const { ports, limits } = app;
  const call = () => callOptions(ports.clock, limits.callMs);
  const nonce = ports.ids.next();
  const answer = await ports.health.ask(consumer.healthUrl ?? "", nonce, call());
  const pull = { config, consumer, nonce, now: ports.clock.now() };
  const read = await readAnswer(app, pull, answer, call());
  const problem = read.kind === "signals" ? await storeAll(app, pull, read.signals, call) : read.problem;
  const own = problem === null ? answered(pull, active) : faulty(pull, active, problem);
  await storeSignal(app, config, own, { now: pull.now, limits: unbroken }, call());
};

/** What was wrong with storing them; null where all are stored. */
const storeAll = async (
  app: App,
  { config, consumer, now }: Pull,
  signals: readonly IncomingSignal[],
  call: () => CallOptions,
): Promise<string | null> => {
  for (const signal of signals) {
    const stored = await storeSignal(app, config, signal, { now, limits: config.gate }, call());
    const most = maxInstances.toLocaleString("en");
    if (stored.kind === "full") return `answered for more than ${most} instances of ${consumer.name}: ${tooManyRemedy}`;
  }
  return null;
};

/** `problem` goes on the sentence "its health URL …". */
type PullResult =
  | { readonly kind: "signals"; readonly signals: readonly IncomingSignal[] }
  | { readonly kind: "failed"; readonly problem: string };

const failed = (problem: string) => ({ kind: "failed", problem }) as const;

const readAnswer = async (app: App, pull: Pull, answer: HealthAnswer, call: CallOptions): Promise<PullResult> => {
  if (answer.kind === "failed") return answer;
  const parsed = parseHealthAnswer(answer.body);
  if (parsed.kind === "invalid") {
    const problems = parsed.problems.map(({ at, problem }) => `${at} ${problem}`.trim());
    return failed(`answered in another form: ${problems.join("; ")}`);
  }
  const signals: IncomingSignal[] = [];
  for (const sent of parsed.value) {
    // Only the first would be stored, and the second may be the one on the old key.
    if (signals.some(({ instance }) => instance === sent.instance))
      return failed(`answered for instance ${sent.instance} twice: give each a name of its own`);
    const verified = await verifyPulled(app, pull, sent, call);
    if (verified.kind !== "verified")
      return failed(`answered for instance ${sent.instance} ${describe(verified, sent)}`);
    signals.push(verified.signal);
  }
  return { kind: "signals", signals };
};

type Rejected = Exclude<VerifiedSignal, { kind: "verified" }> | { readonly kind: "otherConsumer" };

const verifyPulled = async (
  app: App,
  { config, consumer, nonce, now }: Pull,
  sent: PulledSignal,
  call: CallOptions,
): Promise<VerifiedSignal | Rejected> =>
  sent.consumer === consumer.name ? verifySignal(app, config, sent, { now, nonce }, call) : { kind: "otherConsumer" };

const describe = ({ kind }: Rejected, { secretVersion }: PulledSignal): string => {
  switch (kind) {
    case "otherConsumer":
      return "in the name of another consumer";
    case "clockSkew":
      return "with an instant more than 5 minutes away from the rotator's clock";
    case "unknownVersion":
      return `with version ${secretVersion}, which the vault does not know`;
    case "proofRefused":
      return "with a proof that this version's key does not make";
  }
};

/** Between two ticks the URL is not asked: that is no silence of the consumer. */
const unbroken = {
  signalFreshnessMs: Number.POSITIVE_INFINITY,
  forgetInstanceAfterMs: Number.POSITIVE_INFINITY,
} as const;

/** The health URL itself is reported as an instance of its own. */
const pseudo = ({ consumer, now }: Pull, active: Published) => ({
  consumer: consumer.name,
  instance: healthUrlInstance,
  at: toInstant(now),
  secretVersion: active.version,
  proven: false,
  leaving: false,
});

const answered = (pull: Pull, active: Published): IncomingSignal => ({
  ...pseudo(pull, active),
  healthy: true,
  detail: null,
});

const faulty = (pull: Pull, active: Published, problem: string): IncomingSignal => ({
  ...pseudo(pull, active),
  healthy: false,
  detail: `its health URL ${problem}`.slice(0, 500),
});
