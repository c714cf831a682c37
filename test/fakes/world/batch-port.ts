import type { BatchKeys, SlotKeys } from "../../../lib/ports/batch-keys";
import type { KeyCopy } from "../../../lib/rotation/gate/key-copies";
import { accountNameOf, allowsSharedKey, type BatchAction, type BatchFacts } from "./fake-batch";
import { secretName } from "./fake-vault";
import type { SentRegenerate } from "./observer";
import type { Process } from "./process";
import { refusal } from "./refusal";
import type { World } from "./world";

/** Resource Manager's checks before an action. */
const permitted = (world: World, resourceId: string, action: BatchAction): BatchFacts => {
  const { batch } = world;
  if (batch.denied.has(action)) throw refusal(world, "Forbidden", `Batch ${action}`, 403);
  const account = existing(world, resourceId, `Batch ${action}`);
  if (account.locked && action !== "read") throw refusal(world, "ResourceLocked", `Batch ${action}`, 409);
  return account;
};

const existing = (world: World, resourceId: string, operation: string): BatchFacts => {
  const account = world.batch.find(resourceId);
  if (account === null) throw refusal(world, "NotFound", operation, 404);
  return account;
};

/** The account, where its data plane answers at this host. */
const reachable = (world: World, resourceId: string, endpoint: string, operation: string): BatchFacts => {
  const account = existing(world, resourceId, operation);
  if (account.formerHosts.has(endpoint) && endpoint !== account.host)
    throw new world.product.TransientServiceError({ operation, code: "ENOTFOUND" });
  if (!allowsSharedKey(account)) throw refusal(world, "SharedKeyNotAllowed", operation, 403);
  return account;
};

const isAccepted = (world: World, resourceId: string, endpoint: string, value: string): boolean =>
  world.batch.keys.get(value)?.resourceId === resourceId &&
  endpoint.startsWith(accountNameOf(resourceId)) &&
  world.batch.accepts(value);

/** What the account's jobs hold of these keys. */
const copiesOf = ({ held }: BatchFacts, keys: SlotKeys): readonly KeyCopy[] =>
  [...held].flatMap(([place, value]) =>
    (["primary", "secondary"] as const).flatMap((slot) => (keys[slot].reveal() === value ? [{ slot, place }] : [])),
  );

const liveKeys = (world: World, resourceId: string): SlotKeys => {
  const { primary, secondary } = world.batch.of(resourceId).keys;
  return { primary: world.key(primary.value), secondary: world.key(secondary.value) };
};

export const batchPort = (world: World, process: Process): BatchKeys => ({
  readAccount: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readAccount",
      signal,
      subject: () => accountNameOf(resourceId),
      effect: () => {
        const account = permitted(world, resourceId, "read");
        return {
          accountEndpoint: account.host,
          sharedKeyAllowed: !account.userSubscription && allowsSharedKey(account),
        };
      },
    }),
  readKeys: ({ resourceId }, { signal }) =>
    world.wire.call(process, {
      operation: "batch.readKeys",
      signal,
      subject: () => accountNameOf(resourceId),
      effect: () => {
        permitted(world, resourceId, "listKeys");
        const { listsBehindMs } = world.batch;
        const keys = world.batch.listedKeys(
          { resourceId },
          listsBehindMs === 0 ? 0 : world.random.below(listsBehindMs),
        );
        return { primary: world.key(keys.primary), secondary: world.key(keys.secondary) };
      },
    }),
  regenerate: async ({ resourceId }, slot, { signal, lastLook }) => {
    const compared = new Map(process.reads);
    await lastLook();
    // It looks at the id of the newest version only, which says nothing of the key that this version holds.
    for (const [secret, { at }] of compared) {
      const last = process.reads.get(secret);
      if (last !== undefined) process.reads.set(secret, { ...last, at });
    }
    const sent = sentRegenerate(world, process, resourceId, slot);
    world.observer.sent(sent);
    return world.wire.call(process, {
      operation: "batch.regenerate",
      signal,
      subject: () => `${slot} of ${accountNameOf(resourceId)}`,
      effect: () => {
        const { keys } = permitted(world, resourceId, "regenerateKeys");
        const excused = world.observer.excuses(sent, keys[slot]);
        const killed = world.batch.regenerate(resourceId, slot, "rotator", excused);
        world.effects += 1;
        world.observer.regenerated(sent, killed);
        return { requestId: `arm-request-${world.batch.requests}`, keys: liveKeys(world, resourceId) };
      },
    });
  },
  probe: async ({ resourceId }, endpoint, key, { signal }) => {
    process.probes.set(key.reveal(), "unanswered");
    const answer = await world.wire.call(process, {
      operation: "batch.probe",
      signal,
      subject: () => `${accountNameOf(resourceId)} with ${world.transcript.key(key.reveal())}`,
      effect: () => {
        reachable(world, resourceId, endpoint, "Batch data plane probe");
        return isAccepted(world, resourceId, endpoint, key.reveal()) ? "accepted" : "refused";
      },
    });
    process.probes.set(key.reveal(), answer);
    return answer;
  },
  search: async ({ resourceId }, endpoint, { signWith, keys }, { signal }) => {
    let at = 0;
    const answer = await world.wire.call(process, {
      operation: "batch.search",
      signal,
      subject: () => accountNameOf(resourceId),
      effect: () => {
        const operation = "Batch data plane search";
        const account = reachable(world, resourceId, endpoint, operation);
        if (!isAccepted(world, resourceId, endpoint, signWith.reveal()))
          throw new world.product.TransientServiceError({ operation, statusCode: 403, code: "KeyRefused" });
        at = world.timeline.now;
        return { copies: copiesOf(account, keys), objects: account.held.size, incomplete: account.searchedInPart };
      },
    });
    const wanted = new Set([keys.primary.reveal(), keys.secondary.reveal()]);
    const copied = new Set(answer.copies.map(({ slot }) => keys[slot].reveal()));
    world.observer.searched({ resourceId, at, wanted, copied });
    return answer;
  },
});

const sentRegenerate = (
  world: World,
  process: Process,
  resourceId: string,
  slot: SentRegenerate["slot"],
): SentRegenerate => {
  const rows = [...world.tables.rotations.values()];
  const record = rows.find((row) => row.record.resourceId === resourceId)?.record ?? null;
  return {
    process,
    resourceId,
    slot,
    record,
    newestReadAt: record === null ? 0 : (process.reads.get(secretName(record.secret))?.effect ?? 0),
    sentAtWallMs: process.clock.now().getTime(),
  };
};
