import type { Discoveries } from "../../../lib/ports/discovery";
import { type DiscoveryHead, firstHead } from "../../../lib/rotation/discovery/discovery-head";
import type { KnownAccount } from "../../../lib/rotation/discovery/known-account";
import { at, when } from "../../builders/time";

export interface DiscoveriesWorld {
  readonly discoveries: Discoveries;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

/** Every member filled in, in characters of every kind. */
const aHead: DiscoveryHead = {
  version: "01JDF00000000000000000HEAD",
  writing: true,
  answeredAt: at("10:00"),
  nextAskAt: at("10:15"),
  heldUntil: at("10:05"),
  trouble: { since: at("09:00"), lasts: true, detail: "grant the rôle 🔑" },
  coverageLoggedAt: at("08:00"),
};

const anAccount = (number: number): KnownAccount => ({
  resourceId: `/subscriptions/s/resourceGroups/größe/providers/Microsoft.Batch/batchAccounts/account${number}`,
  location: "westeurope",
  tags: { profile: "standard", consumers: "x".repeat(256) },
  sharedKey: true,
  taggedAt: at("09:00"),
  good: { profile: "standard", consumers: null },
  missing: { kind: "AccountGone", since: at("09:30") },
});

/** The contract of every store of what discovery has found. */
export const discoveriesContract = (name: string, open: () => Promise<DiscoveriesWorld>): void => {
  describe(`discoveries in ${name}`, () => {
    let world: DiscoveriesWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it("are absent before the first write", async () => {
      expect([await world.discoveries.head(call), await world.discoveries.shards(call)]).toEqual([null, []]);
    });

    it("have a head that is read as it was written, and that only one writer of many gets", async () => {
      const { discoveries } = world;
      const heads = [aHead, firstHead(when("11:00"))];
      const inserted = await Promise.all(heads.map((head) => discoveries.writeHead(head, null, call)));
      const [first] = inserted.filter((stored) => stored !== null);
      expect(inserted.filter((stored) => stored === null)).toHaveLength(1);
      expect(await discoveries.head(call)).toEqual(first);
      const etag = first?.etag ?? "";
      const second = await discoveries.writeHead({ ...aHead, version: "2" }, etag, call);
      expect(await discoveries.writeHead(aHead, etag, call)).toBeNull();
      expect(await discoveries.head(call)).toEqual(second);
    });

    it("have shards of any size, in the order of their numbers, beside the head", async () => {
      const { discoveries } = world;
      await discoveries.writeHead(aHead, null, call);
      const large = Array.from({ length: 400 }, (_, number) => anAccount(number));
      for (const shard of [
        { index: 255, accounts: large },
        { index: 3, accounts: [anAccount(1), { ...anAccount(2), tags: null, good: null, missing: null }] },
        { index: 20, accounts: [] },
      ])
        expect(await discoveries.writeShard(shard, null, call)).toMatchObject(shard);
      const stored = await discoveries.shards(call);
      expect(stored.map(({ index, accounts }) => [index, accounts.length])).toEqual([
        [3, 2],
        [20, 0],
        [255, 400],
      ]);
      expect(stored[2]?.accounts).toEqual(large);
    });

    it("are replaced only by a writer that has read the newest state", async () => {
      const { discoveries } = world;
      const first = await discoveries.writeShard({ index: 7, accounts: [] }, null, call);
      const second = await discoveries.writeShard({ index: 7, accounts: [anAccount(1)] }, first?.etag ?? "", call);
      expect(await discoveries.writeShard({ index: 7, accounts: [] }, first?.etag ?? "", call)).toBeNull();
      expect(await discoveries.writeShard({ index: 7, accounts: [] }, null, call)).toBeNull();
      expect(await discoveries.shards(call)).toEqual([second]);
    });
  });
};
