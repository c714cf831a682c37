import { OperatorNeededError } from "../../errors";
import { driftRepaired, slotAdopted, type StateWithActive, versionAdopted } from "../../rotation/moves/corrections";
import { reportedSince } from "../../rotation/key-events";
import { otherSlot } from "../../rotation/phases";
import type { Hold } from "../../rotation/record";
import { type Answer, ask, keyListStale, slotOf } from "./key-operations";
import { latest } from "../../rotation/time/time";
import { publishInstead, refuseForeign } from "./publish";
import { readNewest } from "./read-newest";
import type { Done, GoodSnapshot, KeySnapshot, Newest, StepContext } from "./step-context";

/**
 * How vault and Batch compare with the record. `accountEndpoint`: as it was read again, where the recorded one did not
 * answer.
 */
export type Reconciled = Comparison & { readonly accountEndpoint?: string };

type Comparison =
  /**
   * `unproven`: the lists agree, but the data plane did not answer. The error says why; no key may be regenerated then.
   */
  | { readonly kind: "agrees"; readonly snapshot: GoodSnapshot | null; readonly unproven?: unknown }
  /** Key list and data plane contradict each other: nothing is done before they agree. */
  | { readonly kind: "holds"; readonly hold: Omit<Hold, "since"> | null }
  /** They differ, and `run` corrects it. */
  | { readonly kind: "differs"; readonly words: string; readonly run: () => Promise<Done> };

/**
 * Do apps read a key that works, and is it the one the record says?
 * The cheap form costs Resource Manager nothing: the newest version is the recorded one, and one signed call with it is
 * accepted. Where that fails, or a full comparison is needed, both live keys are read and compared in memory. A data
 * plane that does not answer ends nothing: the account may have been recreated elsewhere, so its endpoint is read
 * again, as it is whenever a comparison is `due`.
 */
export const reconcile = async (
  context: StepContext,
  state: StateWithActive,
  need: "cheap" | "full" | "due",
): Promise<Reconciled> => {
  const { ports, config, call } = context;
  const newest = await readNewest(context, state.active);
  const first = await askFor(context, newest);
  if (need === "cheap" && first.kind === "accepted" && newest?.version === state.active.version)
    return { kind: "agrees", snapshot: null };
  try {
    const moved = first.kind === "unanswered" || need === "due" ? await movedTo(context) : null;
    const here = moved === null ? context : { ...context, record: { ...context.record, accountEndpoint: moved } };
    const answer = moved === null ? first : await askFor(here, newest);
    const keys = await ports.batch.readKeys(config.batch, call());
    const compared = await compare(here, state, { keys, newest }, answer);
    return moved === null ? compared : { ...compared, accountEndpoint: moved };
  } catch (error) {
    // Where both fail, the refusal that an operator can lift says more.
    if (first.kind === "unanswered" && first.error instanceof OperatorNeededError) throw first.error;
    throw error;
  }
};

const askFor = async (context: StepContext, newest: Newest | null): Promise<Answer> =>
  newest === null ? { kind: "notAsked" } : ask(context, newest.key);

/** The endpoint of the account, where it is not the recorded one. */
const movedTo = async ({ ports, config, record, call }: StepContext): Promise<string | null> => {
  const { accountEndpoint } = await ports.batch.readAccount(config.batch, call());
  return accountEndpoint === record.accountEndpoint ? null : accountEndpoint;
};

const compare = async (
  context: StepContext,
  state: StateWithActive,
  snapshot: KeySnapshot,
  answer: Answer,
): Promise<Comparison> => {
  const { newest, keys } = snapshot;
  const slot = newest === null ? null : slotOf(keys, newest.key);
  if (newest === null || slot === null) {
    // A list that does not show a key that works is from before that key was made.
    return answer.kind === "accepted" && newest !== null
      ? holds(keyListStale(`Batch accepts the key of version ${newest.version}, which its key list does not show`))
      : drifted(context, state, snapshot);
  }
  if (answer.kind === "refused") {
    const detail = `Batch refuses the ${slot} key that its own key list shows and version ${newest.version} holds`;
    return holds({ hold: { reason: "TargetKeyRefused", detail } });
  }
  const agrees: Comparison = {
    kind: "agrees",
    snapshot: { keys, newest },
    ...(answer.kind === "unanswered" ? { unproven: answer.error } : {}),
  };
  if (slot === otherSlot(state.active.slot))
    return isOwnPublication(state) ? agrees : takenOver(context, state, newest);
  return newest.version === state.active.version ? agrees : anotherVersion(context, state, newest);
};

const holds = ({ hold }: { readonly hold: Omit<Hold, "since"> | null }): Comparison => ({ kind: "holds", hold });

/**
 * In these phases the next publication of this rotation is the standby key: where it is published already,
 * an earlier attempt of that very step did it, and the step continues from there.
 */
const isOwnPublication = ({ phase }: StateWithActive): boolean => phase === "regenerated" || phase === "retired";

const anotherVersion = ({ ports }: StepContext, state: StateWithActive, newest: Newest): Comparison => ({
  kind: "differs",
  words: `adopt version ${newest.version}, which holds the ${state.active.slot} key as well`,
  run: async () => versionAdopted(state, newest, ports.clock.now()),
});

const takenOver = ({ ports }: StepContext, state: StateWithActive, newest: Newest): Comparison => ({
  kind: "differs",
  words: `adopt the ${otherSlot(state.active.slot)} key, which was published manually as version ${newest.version}`,
  run: async () => slotAdopted(state, newest, ports.clock.now()),
});

const drifted = async (context: StepContext, state: StateWithActive, snapshot: KeySnapshot): Promise<Comparison> => {
  await refuseForeign(context, snapshot);
  const { slot } = state.active;
  const { newest } = snapshot;
  const comparedAt = context.record.reconciledAt ?? state.active.publishedAt;
  const what =
    newest === null
      ? "the vault held no version of the secret"
      : `version ${newest.version} held neither live key (the ${slot} key was regenerated manually, ` +
        "or another value was written)";
  return {
    kind: "differs",
    words: `publish the live ${slot} key, because ${what}`,
    run: async () => {
      const rotationId = "rotation" in state ? state.rotation.id : context.ports.ids.next();
      const as = await publishInstead(context, [slot, otherSlot(slot)], snapshot, rotationId);
      const reported = reportedSince(context.record.keyEvents, latest(state.active.publishedAt, comparedAt));
      return "slot" in as ? driftRepaired(state, as.slot, as, { what, reported }, context.ports.clock.now()) : as;
    },
  };
};
