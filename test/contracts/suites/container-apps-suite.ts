import type { ContainerApps } from "../../../lib/ports/platforms";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { ContainerAppForm } from "../../emulators/platforms/container-apps";
import { type AppRevision, EmulatedContainerApp } from "../../emulators/platforms/container-app";

export interface ContainerAppsWorld {
  readonly apps: ContainerApps;
  place(resourceId: string, app: EmulatedContainerApp, form: ContainerAppForm): void;
  close(): Promise<void>;
}

const call = () => ({ signal: new AbortController().signal });
export const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";
const resourceId = `${group}/Microsoft.App/containerApps/render-jobs`;
export const platformSecret: SecretRef = { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" };
const address = `${platformSecret.vaultUrl}/secrets/${platformSecret.name}`;
const madeAt = new Date("2026-11-24T10:00:00.000Z");

export const anEmulatedApp = (parts: { readonly graceSeconds?: number } = {}): EmulatedContainerApp => {
  let names = 0;
  return new EmulatedContainerApp({
    ...parts,
    now: () => madeAt,
    readVault: () => ({ version: "v", value: "k" }),
    createName: () => `r${(names += 1)}`,
  });
};

/** The contract of every view of Container Apps. */
export const containerAppsContract = (name: string, open: () => Promise<ContainerAppsWorld>): void => {
  describe(`a Container App in ${name}`, () => {
    let world: ContainerAppsWorld;
    let app: EmulatedContainerApp;
    beforeEach(async () => {
      world = await open();
      app = anEmulatedApp();
    });
    afterEach(() => world.close());
    const look = (keyVaultUrl: string | null = address) => {
      world.place(resourceId, app, { secretName: "batch-key", keyVaultUrl });
      return world.apps.look(resourceId, platformSecret, call);
    };

    it("shows each replica of each active revision, and when it was made", async () => {
      const [first, second] = [app.deploy("one", "environment", 2), app.deploy("two", "environment", 1)];
      app.deactivate(app.deploy("three", "environment", 1));
      const [, unready] = app.replicasOf(first);
      if (unready !== undefined) unready.isReady = false;
      const replica = { createdAt: madeAt.toISOString(), isRunning: true };
      expect(await look()).toEqual({
        secrets: [{ name: "batch-key", pinnedTo: null }],
        revisions: [
          {
            name: first.name,
            use: "environment",
            graceMs: 30_000,
            replicas: [
              { ...replica, name: "one-r1" },
              { ...replica, name: "one-r2", isRunning: false },
            ],
          },
          { name: second.name, use: "environment", graceMs: 30_000, replicas: [{ ...replica, name: "two-r3" }] },
        ],
      });
    });

    it.each<[AppRevision["use"], string]>([
      ["environment", "environment"],
      ["both", "environment"],
      ["volume", "volume"],
      ["init", "volume"],
      ["none", "none"],
    ])("shows how a revision has the secret: %s", async (use, shown) => {
      app.deploy("one", use, 0);
      expect((await look()).revisions).toEqual([{ name: "one", use: shown, graceMs: 30_000, replicas: [] }]);
    });

    it("shows how long a replica may take to end, which is shown no longer then", async () => {
      app = anEmulatedApp({ graceSeconds: 600 });
      app.restart(app.deploy("one", "environment", 1));
      const [revision] = (await look()).revisions;
      expect(revision).toMatchObject({ graceMs: 600_000, replicas: [{ name: "one-r2" }] });
    });

    it.each([
      ["another secret", `${platformSecret.vaultUrl}/secrets/another`, []],
      ["another vault", `https://other.vault.azure.net/secrets/${platformSecret.name}`, []],
      ["no vault", null, []],
      ["a fixed version", `${address}/4f2c8a1d9b3e47568a0c2d4e6f81a3b5`, ["4f2c8a1d9b3e47568a0c2d4e6f81a3b5"]],
    ])("shows what its secret refers to: %s", async (_what, keyVaultUrl, pinned) => {
      app.deploy("one", "environment", 1);
      const { secrets } = await look(keyVaultUrl);
      expect(secrets.map(({ pinnedTo }) => pinnedTo)).toEqual(pinned);
    });

    it("that is not there needs an operator", async () => {
      const missing = world.apps.look(`${resourceId}-2`, platformSecret, call);
      await expect(missing).rejects.toMatchObject({ name: "OperatorNeededError", reason: "NotFound" });
    });
  });
};
