import { readStatus } from "../../lib/operations/status/read-status";
import { aConsumer } from "../builders/account";
import { minutes } from "../builders/time";
import { EmulatedDataFactory } from "../emulators/platforms/data-factory";
import { Rig } from "../rig/rig";

const resourceId =
  "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers" +
  "/Microsoft.DataFactory/factories/etl";
const platform = { kind: "dataFactory", resourceId, linkedService: "AzureBatch1" } as const;

test("a Data Factory is rotated when the last activity that began before the publication has ended", async () => {
  const rig = new Rig();
  const at = rig.place({ gate: { consumers: [aConsumer({ name: "etl", platform })] } });
  let ids = 0;
  const factory = new EmulatedDataFactory({
    now: () => rig.clock.now(),
    readVault: () => at.newest(),
    createId: () => `run-${(ids += 1)}`,
  });
  factory.vaults.set("Vault1", `${at.config.secret.vaultUrl}/`);
  const key = { kind: "reference", store: "Vault1", secretName: at.config.secret.name } as const;
  factory.linkedServices.set("AzureBatch1", { accountName: at.config.batch.accountName, key });
  rig.world.platforms.dataFactories.set(resourceId, factory);
  const passes = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= minutes(5)) {
      rig.clock.advance(minutes(5));
      await rig.tick();
    }
  };
  const waits = async () => (await readStatus(rig.app, at.config)).waitingFor;
  const isRefused = (): boolean =>
    factory.runs
      .flatMap(({ activities }) => activities)
      .some(({ held, endsAt }) => endsAt === null && held !== null && !at.accepts(held.value));

  await rig.tick();
  await passes(minutes(20));
  expect(at.phase).toBe("idle");
  const long = factory.startRun();
  factory.startActivity(long, "renders", "AzureBatch1");
  await at.rotate();
  await passes(minutes(60));
  expect(await waits()).toMatchObject({
    reason: "OnPreviousKey",
    detail: expect.stringMatching(/^activity renders of pipeline run run-1 of etl still runs and began at /),
  });
  factory.startActivity(factory.startRun(), "renders", "AzureBatch1");
  factory.end(long);
  await passes(minutes(20));
  expect(at.phase).toBe("idle");
  expect(isRefused()).toBe(false);

  factory.linkedServices.set("AzureBatch1", {
    accountName: at.config.batch.accountName,
    key: { kind: "copy", held: at.newest() },
  });
  await at.rotate();
  await passes(minutes(60));
  expect(await waits()).toMatchObject({
    reason: "PinnedVersion",
    detail: expect.stringMatching(/a copy that must be/),
  });
});
