import { safeMessage } from "../errors";
import type { App } from "../app";
import type { AuditLog, ReadersAnswer } from "../ports/audit-log";
import type { CallOptions } from "../ports/call";
import type { Ports } from "../ports/ports";
import type { AccountConfig } from "../rotation/account-config";
import { keptReaders, logDelayMs, mayAskReaders, readsKeptMs } from "../rotation/gate/readers";
import type { ReadersSeen, ReaderSeen } from "../rotation/gate/readers-seen";
import type { Sight } from "../rotation/gate/sightings";
import { type Instant, plusMs, toInstant } from "../rotation/time/time";

interface AskedReaders {
  /** As they are stored. */
  readonly seen: ReadersSeen;
  /** All that the log has answered with. */
  readonly readers: readonly ReaderSeen[];
  readonly more: boolean;
}

type AskPorts = Pick<Ports, "signals" | "permissions" | "clock">;

/**
 * Asks the vault's audit log who reads the account's secret, and stores it. Null where that was done a short while ago,
 * by whatever process: the first that writes when it asks is the one that does. Where the log does not answer, that is
 * stored and what was known stays.
 */
export const askReaders = async (
  ports: AskPorts,
  auditLog: AuditLog,
  config: AccountConfig,
  call: () => CallOptions,
): Promise<AskedReaders | null> => {
  const now = ports.clock.now();
  const at = toInstant(now);
  const begin = (known: Sight | null) => (mayAskReaders(readersOf(known), now) ? begun(readersOf(known), at) : null);
  if ((await ports.signals.updateSight(config.name, "readers", begin, call())) === null) return null;
  const store = async (change: (known: ReadersSeen) => ReadersSeen): Promise<ReadersSeen> => {
    const update = (known: Sight | null) => change(readersOf(known) ?? begun(null, at));
    const stored = await ports.signals.updateSight(config.name, "readers", update, call());
    return readersOf(stored) ?? begun(null, at);
  };
  try {
    const answer = await ask(ports, auditLog, config, now, call);
    const seen = await store((known) => answeredWith(known, config, answer, at));
    return { seen, readers: answer.readers, more: answer.more };
  } catch (error) {
    await store((known) => ({ ...known, problem: safeMessage(error) })).catch(() => undefined);
    throw error;
  }
};

const readersOf = (sight: Sight | null): ReadersSeen | null => (sight?.kind === "readers" ? sight : null);

const notAnswered = "it has been asked and has not answered yet";

/** Written before the log is asked: a question that is never answered counts as well. */
const begun = (known: ReadersSeen | null, at: Instant): ReadersSeen => ({
  kind: "readers",
  readers: [],
  omitted: 0,
  incomplete: null,
  through: null,
  ...known,
  askedAt: at,
  problem: notAnswered,
});

const answeredWith = (
  known: ReadersSeen,
  { gate }: AccountConfig,
  { readers, more, incomplete }: ReadersAnswer,
  at: Instant,
): ReadersSeen => ({
  ...known,
  ...keptReaders(gate, readers, more ? 1 : 0),
  incomplete,
  through: plusMs(at, -logDelayMs),
  problem: null,
});

const ask = async (
  { permissions }: AskPorts,
  auditLog: AuditLog,
  { secret, gate }: AccountConfig,
  now: Date,
  call: () => CallOptions,
): Promise<ReadersAnswer> => {
  const to = toInstant(now);
  const consumers = gate.consumers.flatMap(({ identity }) => identity ?? []);
  const rotator = (await permissions.principalId(call()))?.toLowerCase() ?? null;
  return auditLog.readers(secret, { from: plusMs(to, -readsKeptMs), to, consumers, rotator }, call());
};

/** What is known now, asked for anew where it may be. Throws where the tables or the log do not answer. */
export const readersNow = async (
  { ports }: Pick<App, "ports">,
  auditLog: AuditLog,
  config: AccountConfig,
  call: () => CallOptions,
): Promise<AskedReaders | null> => {
  const asked = await askReaders(ports, auditLog, config, call);
  if (asked !== null) return asked;
  const { readers: seen } = await ports.signals.list(config.name, call());
  return seen && { seen, readers: seen.readers, more: false };
};
