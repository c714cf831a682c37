import { consumerState, sightingsByConsumer } from "../rotation/gate/consumers";
import { consumerReasons, waitingReasons } from "../rotation/reasons";
import { formatDuration } from "../rotation/time/duration";
import { type Instant, plusMs } from "../rotation/time/time";
import { type AccountView, gatedState, type Waiting, waitingFor } from "../rotation/waiting";

const isAboutConsumer = ({ reason }: Waiting): boolean => (consumerReasons as readonly string[]).includes(reason);

/**
 * What the account waits for, as the sender of a signal may see it: of consumers only its own. Names, instances and
 * states of the others, and what operators have said, are for the operators.
 */
export const waitingForSender = (view: AccountView, sender: string): Waiting | null => {
  const waiting = waitingFor(view);
  if (waiting === null) return null;
  if (isAboutConsumer(waiting)) return ofOwnConsumer(view, sender) ?? { ...waiting, detail: ofOthers };
  const { since } = waiting;
  if (waiting.reason === "SoakNotElapsed") return { ...waiting, detail: soakDetail(since, view.config.gate.soakMs) };
  if (waiting.reason === "KeyInAccount") return { ...waiting, detail: waitingReasons.KeyInAccount };
  if (waiting.reason === "Paused") return { ...waiting, detail: `the account has been paused since ${since}` };
  if (waiting.reason === "Claimed") return { ...waiting, detail: `a driver has worked on the account since ${since}` };
  if (waiting.reason === "UnknownReader") return { ...waiting, detail: ofReaders };
  return waiting;
};

const soakDetail = (since: Instant, soakMs: number): string =>
  `all consumers have been good since ${since}; the soak of ${formatDuration(soakMs)} ends at ${plusMs(since, soakMs)}`;

const ofReaders = "a reader of the secret is no configured consumer, or is not known yet";

const ofOthers = "another consumer of this account is not good on the published version";

/** Null where the sender's consumer is good. */
const ofOwnConsumer = ({ record, config, sightings, now }: AccountView, sender: string): Waiting | null => {
  const state = gatedState(record.state);
  const consumer = config.gate.consumers.find(({ name }) => name === sender);
  if (state === null || consumer === undefined) return null;
  const own = sightingsByConsumer(sightings)(consumer);
  const found = consumerState(consumer, config.gate, state.active, own, now);
  return found.state === "Good" ? null : { reason: found.state, detail: found.detail, since: found.since };
};
