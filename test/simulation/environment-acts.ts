import { type Act, hour, minute, type WrongLook } from "./plan-types";
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

export const setLook = (stage: Stage, { account, look }: ActOf<"setLook">): void => {
  const { world } = stage;
  const { name } = configOf(stage, account);
  if (!world.tables.rotations.has(name)) return;
  world.effects += 1;
  world.tables.setLook(name, wrongLooks[look](world.wallMs));
  world.transcript.note("manually", () => `the row of ${name} says ${look}`);
};

const wrongLooks: Record<WrongLook, (now: number) => { nextLookAt: string | null; lookedWith?: null }> = {
  missing: () => ({ nextLookAt: null, lookedWith: null }),
  noInstant: () => ({ nextLookAt: "tomorrow" }),
  beyondAllDates: () => ({ nextLookAt: "9999-12-31T23:59:59.999Z" }),
  hoursAhead: (now) => ({ nextLookAt: new Date(now + 5 * hour).toISOString() }),
};

export const slander = (stage: Stage, { account, forMs, invented }: ActOf<"slander">): void => {
  for (let ms = 0; ms < forMs; ms += 2 * minute) later(stage, ms, () => stage.instances.slander(account, invented));
};
