import { BatchKey } from "../../../lib/batch-key";
import { OperatorNeededError } from "../../../lib/errors";
import type { BatchKeys, SlotKeys } from "../../../lib/ports/batch-keys";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import type { Slot } from "../../../lib/rotation/phases";

export interface BatchKeysWorld {
  readonly batch: BatchKeys;
  /** A new account that allows shared keys. */
  addAccount(): BatchAccountRef;
  /** The live keys. */
  keys(ref: BatchAccountRef): Readonly<Record<Slot, string>>;
  setModes(ref: BatchAccountRef, modes: readonly ("SharedKey" | "AAD")[] | null): void;
  setUserSubscription(ref: BatchAccountRef): void;
  deny(action: "read" | "listKeys" | "regenerateKeys"): void;
  allow(action: "read" | "listKeys" | "regenerateKeys"): void;
  lock(ref: BatchAccountRef): void;
  remove(ref: BatchAccountRef): void;
  /** A job of the account shows this value in the environment setting `BATCH_KEY`. */
  hold(ref: BatchAccountRef, value: string): void;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal, lastLook: async () => undefined };

const revealed = ({ primary, secondary }: SlotKeys) => ({ primary: primary.reveal(), secondary: secondary.reveal() });

/** The contract of every implementation of the port for Batch keys. */
export const batchKeysContract = (name: string, open: () => Promise<BatchKeysWorld>): void => {
  describe(`Batch keys in ${name}`, () => {
    let world: BatchKeysWorld;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("come with the data plane's host and the permission of shared keys", async () => {
      const account = await world.batch.readAccount(world.addAccount(), call);
      expect(account.accountEndpoint).not.toMatch(/\//);
      expect(account.sharedKeyAllowed).toBe(true);
    });

    it.each([
      [null, true],
      [["SharedKey", "AAD"], true],
      [["AAD"], false],
      [[], false],
    ] as const)("are allowed by the account's modes or not (%j)", async (modes, allowed) => {
      const ref = world.addAccount();
      world.setModes(ref, modes);
      expect((await world.batch.readAccount(ref, call)).sharedKeyAllowed).toBe(allowed);
    });

    it("are not allowed in accounts that allocate pools in the user's subscription", async () => {
      const ref = world.addAccount();
      world.setUserSubscription(ref);
      expect((await world.batch.readAccount(ref, call)).sharedKeyAllowed).toBe(false);
    });

    it("are read unchanged", async () => {
      const ref = world.addAccount();
      expect(revealed(await world.batch.readKeys(ref, call))).toEqual(world.keys(ref));
    });

    it.each([
      ["primary", "secondary"],
      ["secondary", "primary"],
    ] as const)("are regenerated one at a time (%s)", async (slot, other) => {
      const ref = world.addAccount();
      const before = world.keys(ref);
      await world.batch.regenerate(ref, slot, call);
      const after = world.keys(ref);
      expect(after[slot]).not.toBe(before[slot]);
      expect(after[other]).toBe(before[other]);
      expect(revealed(await world.batch.readKeys(ref, call))).toEqual(after);
    });

    it("come back with the answer to a regenerate", async () => {
      const ref = world.addAccount();
      const { keys } = await world.batch.regenerate(ref, "secondary", call);
      expect(revealed(keys)).toEqual(world.keys(ref));
    });

    it("stay where the last look before sending throws", async () => {
      const ref = world.addAccount();
      const before = world.keys(ref);
      const changed = new Error("the newest version has changed");
      const lastLook = () => Promise.reject(changed);
      await expect(world.batch.regenerate(ref, "secondary", { ...call, lastLook })).rejects.toBe(changed);
      expect(world.keys(ref)).toEqual(before);
      await world.batch.regenerate(ref, "secondary", call);
      expect(world.keys(ref)).not.toEqual(before);
    });

    it("are accepted by the data plane until they are regenerated, and refused afterwards", async () => {
      const ref = world.addAccount();
      const { accountEndpoint } = await world.batch.readAccount(ref, call);
      const key = new BatchKey(world.keys(ref).secondary);
      expect(await world.batch.probe(ref, accountEndpoint, key, call)).toBe("accepted");
      await world.batch.regenerate(ref, "secondary", call);
      expect(await world.batch.probe(ref, accountEndpoint, key, call)).toBe("refused");
      const { secondary } = await world.batch.readKeys(ref, call);
      expect(await world.batch.probe(ref, accountEndpoint, secondary, call)).toBe("accepted");
    });

    it("cannot be probed where shared keys are not allowed", async () => {
      const ref = world.addAccount();
      const { accountEndpoint } = await world.batch.readAccount(ref, call);
      world.setModes(ref, ["AAD"]);
      const probe = world.batch.probe(ref, accountEndpoint, new BatchKey(world.keys(ref).primary), call);
      await expect(probe).rejects.toMatchObject({ name: "OperatorNeededError", reason: "SharedKeyNotAllowed" });
    });

    it("are found where a job holds one, without showing it", async () => {
      const ref = world.addAccount();
      const { accountEndpoint } = await world.batch.readAccount(ref, call);
      const keys = await world.batch.readKeys(ref, call);
      const search = () => world.batch.search(ref, accountEndpoint, { signWith: keys.primary, keys }, call);
      expect(await search()).toMatchObject({ copies: [], incomplete: null });
      world.hold(ref, world.keys(ref).secondary);
      const found = await search();
      expect(found.copies).toMatchObject([{ slot: "secondary", place: expect.stringContaining("BATCH_KEY") }]);
      expect(JSON.stringify(found)).not.toContain(world.keys(ref).secondary.slice(0, 12));
    });

    it("sign no search once they are dead", async () => {
      const ref = world.addAccount();
      const { accountEndpoint } = await world.batch.readAccount(ref, call);
      const keys = await world.batch.readKeys(ref, call);
      await world.batch.regenerate(ref, "primary", call);
      const search = world.batch.search(ref, accountEndpoint, { signWith: keys.primary, keys }, call);
      await expect(search).rejects.toMatchObject({ name: "TransientServiceError", facts: { code: "KeyRefused" } });
    });

    it("cannot be read or regenerated without the permission", async () => {
      const ref = world.addAccount();
      const calls = {
        read: () => world.batch.readAccount(ref, call),
        listKeys: () => world.batch.readKeys(ref, call),
        regenerateKeys: () => world.batch.regenerate(ref, "primary", call),
      } as const;
      const before = world.keys(ref);
      for (const action of ["read", "listKeys", "regenerateKeys"] as const) {
        world.deny(action);
        await expect(calls[action]()).rejects.toMatchObject({ name: "OperatorNeededError", reason: "Forbidden" });
        world.allow(action);
      }
      expect(world.keys(ref)).toEqual(before);
    });

    it("cannot be read or regenerated behind a lock", async () => {
      const ref = world.addAccount();
      const before = world.keys(ref);
      world.lock(ref);
      const regenerate = world.batch.regenerate(ref, "primary", call);
      await expect(regenerate).rejects.toMatchObject({ name: "OperatorNeededError", reason: "ResourceLocked" });
      expect(world.keys(ref)).toEqual(before);
    });

    it("are not found once their account is removed", async () => {
      const ref = world.addAccount();
      world.remove(ref);
      await expect(world.batch.readAccount(ref, call)).rejects.toMatchObject({ reason: "NotFound" });
      await expect(world.batch.readKeys(ref, call)).rejects.toMatchObject({ reason: "NotFound" });
      await expect(world.batch.regenerate(ref, "primary", call)).rejects.toThrow(OperatorNeededError);
    });
  });
};
