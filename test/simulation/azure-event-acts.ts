import { aKeyOperation, aSecretEvent, asCloudEvent, grace } from "../builders/azure-event";
import { type Act, minute } from "./plan-types";
import { configOf, later, type Stage } from "./stage";

/** The identity of all processes of the rotator. */
export const own = "0a0a0a0a-0000-4000-8000-00000000000a";

/** Event Grid delivers an event that was not accepted again, and gives up at last. */
const maxDeliveries = 3;

/** Event Grid reports a regeneration: never, once or several times, to any processes, late. */
export const reportByEvents = (stage: Stage, account: number): void => {
  const { world } = stage;
  const event = aKeyOperation({ ...facts(stage, account), id: `event-${world.effects}` });
  for (let copies = world.random.below(4); copies > 0; copies--)
    later(stage, world.random.below(minute), () => deliver(stage, [event]));
};

/** A caller sends events, of things that have happened or not: each several times, at any instant of a time. */
export const sendEvents = (stage: Stage, act: Extract<Act, { kind: "azureEvents" }>): void => {
  const { random } = stage.world;
  const event = eventOf(stage, act);
  for (let times = act.times; times > 0; times--) {
    later(stage, random.below(act.withinMs), () =>
      deliver(stage, random.chance(0.2) ? [null, event, { eventType: "Unknown" }, event] : [event]),
    );
  }
};

const facts = (stage: Stage, account: number) => ({
  resourceId: configOf(stage, account).batch.resourceId,
  at: new Date(stage.world.wallMs).toISOString(),
});

const eventOf = (stage: Stage, { account, about }: Extract<Act, { kind: "azureEvents" }>): unknown => {
  const { world } = stage;
  const { secret } = configOf(stage, account);
  const { resourceId, at } = facts(stage, account);
  const id = `event-${world.random.below(1_000_000)}`;
  const version = world.random.any(world.vault.versions(secret))?.version ?? "0".repeat(32);
  const ofSecret = { version, at, vaultUrl: secret.vaultUrl, name: secret.name };
  switch (about) {
    case "regenerated":
      return aKeyOperation({ resourceId, at, id, oid: world.random.pick([grace, null]) });
    case "listed":
      return asCloudEvent(aKeyOperation({ resourceId, at, id, operation: "listKeys" }));
    case "own":
      return aKeyOperation({
        resourceId,
        at,
        id,
        oid: own,
        operation: world.random.pick(["listKeys", "regenerateKeys"]),
      });
    case "otherAccount":
      return aKeyOperation({ resourceId: `${resourceId}x`, at, id });
    case "versionAdded":
      return aSecretEvent(ofSecret);
    case "versionExpires":
      return asCloudEvent(
        aSecretEvent({ ...ofSecret, type: world.random.pick(["SecretNearExpiry", "SecretExpired"]) }),
      );
  }
};

const deliver = (stage: Stage, batch: readonly unknown[], nth = 1): void => {
  const { world } = stage;
  const process = world.random.any(world.processes.filter((one) => one.serves(world.timeline.now)));
  const sent = world.product.parseEvents(batch, new Date(world.wallMs));
  if (process === null || sent.kind === "invalid" || !("events" in sent.value)) return;
  world.transcript.note("event", () => `is delivered to ${process.name}`);
  void world.product.receiveEvents(process.app, sent.value).catch((error: unknown) => {
    world.observer.left("error", error);
    world.observer.deliveryFailed(process, error);
    if (nth < maxDeliveries) later(stage, 10_000 * nth, () => deliver(stage, batch, nth + 1));
  });
};
