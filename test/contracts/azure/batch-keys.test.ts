import { batchKeysContract } from "../suites/batch-keys-suite";
import { openEmulatedWorld } from "./emulated-world";

const actions = { read: "read", listKeys: "listkeys/action", regenerateKeys: "regeneratekeys/action" } as const;

batchKeysContract("Azure", async () => {
  const world = await openEmulatedWorld();
  const emulated = world.emulators.batch;
  return {
    batch: world.batch,
    addAccount: () => world.addAccount(),
    keys: ({ accountName }) => emulated.keys(accountName),
    setModes: ({ accountName }, modes) => emulated.setModes(accountName, modes),
    setUserSubscription: ({ accountName }) => emulated.setPoolAllocationMode(accountName, "UserSubscription"),
    deny: (action) => emulated.deny(actions[action]),
    allow: (action) => emulated.allow(actions[action]),
    lock: ({ accountName }) => emulated.lock(accountName, "ReadOnly"),
    remove: ({ accountName }) => emulated.removeAccount(accountName),
    hold: ({ accountName }, value) =>
      emulated.setContent(accountName, {
        jobs: [{ id: "nightly", commonEnvironmentSettings: [{ name: "BATCH_KEY", value }] }],
      }),
    close: () => world.close(),
  };
});
