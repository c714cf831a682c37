import { type Act, minute } from "./plan-types";
import { configOf, later, type Stage } from "./stage";

type ActOf<K extends Act["kind"]> = Extract<Act, { kind: K }>;

export const recreate = (stage: Stage, { account, region }: ActOf<"recreate">): void => {
  const { world } = stage;
  const { resourceId, accountName } = configOf(stage, account).batch;
  world.effects += 1;
  world.batch.recreateManually(resourceId, region);
  world.transcript.note("manually", () => `${accountName} is deleted and created again in ${region}`);
  world.observer.afterEffect();
};

export const letListsBeBehind = (stage: Stage, { byMs, forMs }: ActOf<"listsBehind">): void => {
  const { batch } = stage.world;
  batch.listsBehindMs = byMs;
  later(stage, forMs, () => batch.catchUp());
};

export const failOver = (stage: Stage, { lagMs, forMs }: ActOf<"failOver">): void => {
  const { vault, wallMs } = stage.world;
  vault.failedOverTo = wallMs - lagMs;
  later(stage, forMs, () => {
    vault.failedOverTo = null;
  });
};

export const slander = (stage: Stage, { account, forMs, invented }: ActOf<"slander">): void => {
  for (let ms = 0; ms < forMs; ms += 2 * minute) later(stage, ms, () => stage.instances.slander(account, invented));
};
