import type { Slot } from "../../lib/rotation/phases";
import type { RotationRecord } from "../../lib/rotation/record";
import type { Act } from "./plan-types";
import { configOf, later, type Stage } from "./stage";

/** A job of the account gets a copy of one of its keys. It ends `forMs` later. */
export const plantCopy = (stage: Stage, { account, forMs }: Extract<Act, { kind: "plantCopy" }>, slot: Slot): void => {
  const { world } = stage;
  const { keys, held } = world.batch.of(configOf(stage, account).batch.resourceId);
  const { value } = keys[slot];
  const place = `job job-${world.random.below(1_000_000)}, environment setting BATCH_KEY`;
  held.set(place, value);
  world.transcript.note("app", () => `${place} holds ${world.transcript.key(value)}`);
  later(stage, forMs, () => held.delete(place));
};

/** Whether the last search of this phase has found a copy of the key that dies next. */
export const waitsForCopy = ({ searched, state }: RotationRecord): boolean =>
  searched !== null && searched.foundSince !== null && "approval" in state && state.approval === null;

/** Half of the operators end the jobs that hold a copy. The others approve. */
export const endCopies = (stage: Stage, account: number, approve: () => void): void => {
  if (stage.world.random.chance(0.5)) return approve();
  stage.world.batch.of(configOf(stage, account).batch.resourceId).held.clear();
};
