import type { ResourceGraph } from "../../../lib/ports/discovery";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import type { DiscoveryConfig } from "../../../lib/rotation/discovery/discovery-config";
import { minutes } from "../../builders/time";

export interface GraphWorld {
  readonly graph: ResourceGraph;
  addAccount(name: string, tags: Readonly<Record<string, string>>): BatchAccountRef;
  setTags(ref: BatchAccountRef, tags: Readonly<Record<string, string>>): void;
  setModes(ref: BatchAccountRef, modes: readonly ("SharedKey" | "AAD")[] | null): void;
  setUserSubscription(ref: BatchAccountRef): void;
  remove(ref: BatchAccountRef): void;
  /** The graph shows what there is now, until it catches up. */
  lag(): void;
  catchUp(): void;
  /** The identity may read nothing. */
  readNothing(): void;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };

export const graphDiscovery: DiscoveryConfig = {
  tag: "batch-key-rotator",
  consumersTag: "batch-key-consumers",
  scope: { subscriptions: ["00000000-0000-4000-8000-000000000001"] },
  everyMs: minutes(15),
};

const tags = { "batch-key-rotator": "standard", "batch-key-consumers": "render-api:2" };

const byId = (one: { readonly resourceId: string }, other: { readonly resourceId: string }): number =>
  one.resourceId < other.resourceId ? -1 : 1;

/** The contract of every view of Azure Resource Graph. */
export const resourceGraphContract = (name: string, open: () => Promise<GraphWorld>): void => {
  describe(`Batch accounts of the graph in ${name}`, () => {
    let world: GraphWorld;
    const found = async () => (await world.graph.batchAccounts(graphDiscovery, call)).accounts;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it("are none where there are none", async () => {
      expect(await world.graph.batchAccounts(graphDiscovery, call)).toEqual({
        accounts: [],
        isComplete: true,
        incomplete: null,
      });
    });

    it("are all of the scope, with the tags that they have", async () => {
      const refs = [
        world.addAccount("tagged", tags),
        world.addAccount("other", { owner: "ada" }),
        world.addAccount("alone", { "batch-key-rotator": "standard" }),
        world.addAccount("empty", { "batch-key-rotator": "", "batch-key-consumers": "a" }),
      ];
      const shown = await found();
      const expected = [
        { profile: "standard", consumers: "render-api:2" },
        null,
        { profile: "standard", consumers: null },
        null,
      ].map((of, i) => ({ resourceId: refs[i]?.resourceId ?? "", location: "westeurope", tags: of, sharedKey: true }));
      expect([...shown].toSorted(byId)).toEqual(expected.toSorted(byId));
    });

    it("say whether shared keys are accepted", async () => {
      const refs = ["null", "without", "with", "user"].map((one) => world.addAccount(`modes${one}`, tags));
      const [none, without, and, user] = refs;
      if (!none || !without || !and || !user) throw new Error("four accounts");
      world.setModes(none, null);
      world.setModes(without, ["AAD"]);
      world.setModes(and, ["AAD", "SharedKey"]);
      world.setUserSubscription(user);
      const shown = new Map((await found()).map(({ resourceId, sharedKey }) => [resourceId, sharedKey]));
      expect(refs.map(({ resourceId }) => shown.get(resourceId))).toEqual([true, false, true, false]);
    });

    it("are those of some minutes ago", async () => {
      const [kept, removed] = [world.addAccount("kept", {}), world.addAccount("removed", tags)];
      world.lag();
      world.setTags(kept, tags);
      world.remove(removed);
      expect(new Set((await found()).map((one) => one.tags?.profile ?? null))).toEqual(new Set([null, "standard"]));
      world.catchUp();
      expect((await found()).map((one) => one.tags?.profile ?? null)).toEqual(["standard"]);
    });

    it("are none for an identity that may read nothing, without an error", async () => {
      world.addAccount("tagged", tags);
      world.readNothing();
      expect(await found()).toEqual([]);
    });
  });
};
