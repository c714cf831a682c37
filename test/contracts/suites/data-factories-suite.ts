import type { DataFactories } from "../../../lib/ports/platforms";
import type { BatchAccountRef } from "../../../lib/rotation/account-config";
import { EmulatedDataFactory, type LinkedKey } from "../../emulators/platforms/data-factory";
import { group, platformSecret } from "./container-apps-suite";

export interface DataFactoriesWorld {
  readonly factories: DataFactories;
  place(resourceId: string, factory: EmulatedDataFactory): void;
  close(): Promise<void>;
}

const call = () => ({ signal: new AbortController().signal });
const resourceId = `${group}/Microsoft.DataFactory/factories/etl`;
export const platformBatch: BatchAccountRef = {
  resourceId: `${group}/Microsoft.Batch/batchAccounts/renderweu`,
  subscriptionId: "00000000-0000-4000-8000-000000000001",
  resourceGroup: "render",
  accountName: "renderweu",
};
export const factoryReference = { kind: "reference", store: "Vault1", secretName: platformSecret.name } as const;

export const anEmulatedFactory = (now: () => Date): EmulatedDataFactory => {
  let ids = 0;
  const factory = new EmulatedDataFactory({
    now,
    readVault: () => ({ version: "v", value: "k" }),
    createId: () => `run-${(ids += 1)}`,
  });
  factory.vaults.set("Vault1", `${platformSecret.vaultUrl}/`);
  return factory;
};

const unclear = (what: string) => ({ kind: "unclear", what });

/** The contract of every view of Data Factories. */
export const dataFactoriesContract = (name: string, open: () => Promise<DataFactoriesWorld>): void => {
  describe(`a linked service of Data Factory in ${name}`, () => {
    let world: DataFactoriesWorld;
    let factory: EmulatedDataFactory;
    let now = new Date("2026-11-24T10:00:00.000Z");
    beforeEach(async () => {
      world = await open();
      now = new Date("2026-11-24T10:00:00.000Z");
      factory = anEmulatedFactory(() => now);
    });
    afterEach(() => world.close());
    const look = (key: LinkedKey = factoryReference, accountName: string | null = "renderweu") => {
      factory.linkedServices.set("AzureBatch1", { accountName, key });
      world.place(resourceId, factory);
      return world.factories.look({ resourceId, linkedService: "AzureBatch1" }, platformBatch, platformSecret, call);
    };

    it.each<[string, LinkedKey, string | null, unknown]>([
      ["a reference to the secret", factoryReference, "renderweu", { kind: "reference", pinnedTo: null }],
      [
        "a reference to one version",
        { ...factoryReference, secretVersion: "4f2c" },
        "renderweu",
        { kind: "reference", pinnedTo: "4f2c" },
      ],
      [
        "a reference to another secret",
        { ...factoryReference, secretName: "another" },
        "renderweu",
        unclear("refers to the secret another of https://render.vault.azure.net"),
      ],
      ["a copy of the key", { kind: "copy", held: { version: "v", value: "k" } }, "renderweu", { kind: "copy" }],
      ["an identity", { kind: "identity" }, "renderweu", unclear("has no access key of a known form")],
      ["an expression", { kind: "expression" }, "renderweu", unclear("has no access key of a known form")],
      ["another account", factoryReference, "other", unclear("names the Batch account other")],
      ["an account by an expression", factoryReference, null, unclear("names the Batch account by an expression")],
    ])("shows how it has the key: %s", async (_what, key, accountName, shown) => {
      expect(await look(key, accountName)).toEqual({ key: shown, oldest: null });
    });

    it("shows the oldest Custom activity that runs and may use it", async () => {
      const ended = factory.startRun();
      factory.startActivity(ended, "over", "AzureBatch1");
      factory.end(ended);
      const run = factory.startRun();
      factory.startActivity(run, "copies", null);
      factory.startActivity(run, "other account", "AzureBatch2");
      expect((await look()).oldest).toBeNull();
      factory.startActivity(run, "renders", "AzureBatch1");
      now = new Date("2026-11-24T11:00:00.000Z");
      factory.startActivity(factory.startRun(), "later", "AzureBatch1");
      const oldest = { activity: "renders", pipelineRun: run.id, startedAt: "2026-11-24T10:00:00.000Z" };
      expect((await look()).oldest).toEqual(oldest);
    });

    it("that is not there needs an operator", async () => {
      world.place(resourceId, factory);
      const ref = { resourceId, linkedService: "Missing" };
      const missing = world.factories.look(ref, platformBatch, platformSecret, call);
      await expect(missing).rejects.toMatchObject({ name: "OperatorNeededError", reason: "NotFound" });
    });
  });
};
