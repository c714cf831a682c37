import type { AppServices } from "../../../lib/ports/platforms";
import type { SecretRef } from "../../../lib/rotation/account-config";
import { aReference, siteId } from "../../builders/sight";
import { EmulatedAppService, type FetchedReference } from "../../emulators/platforms/app-service";

export interface AppServicesWorld {
  readonly apps: AppServices;
  place(resourceId: string, app: EmulatedAppService): void;
  close(): Promise<void>;
}

const call = { signal: new AbortController().signal };
const secret: SecretRef = { vaultUrl: "https://render.vault.azure.net", name: "renderweu-batch-key" };
const own = `${secret.vaultUrl}/secrets/${secret.name}`;
const version = "4f2c8a1d9b3e47568a0c2d4e6f81a3b5";
const referTo = (address: string): string => `@Microsoft.KeyVault(SecretUri=${address})`;

/** The contract of every view of App Service. */
export const appServicesContract = (name: string, open: () => Promise<AppServicesWorld>): void => {
  describe(`an app of App Service in ${name}`, () => {
    let world: AppServicesWorld;
    let fetched: FetchedReference;
    let app: EmulatedAppService;
    beforeEach(async () => {
      world = await open();
      fetched = { status: "Resolved", version, value: "not to be shown" };
      let names = 0;
      const parts = { now: () => new Date(), fetch: () => fetched, createName: () => `i${(names += 1)}`, overlapMs: 0 };
      app = new EmulatedAppService(parts, { instances: 2 });
      world.place(siteId, app);
    });
    afterEach(() => world.close());
    const references = () => world.apps.references(siteId, secret, call);

    it.each([
      ["follows the newest version", own, null],
      ["is fixed to a version", `${own}/${version}`, version],
    ])("shows a setting that %s", async (_, address, pinnedTo) => {
      app.configure("KEY", referTo(address));
      app.configure("OTHER", referTo("https://other.vault.azure.net/secrets/renderweu-batch-key"));
      expect(await references()).toEqual([aReference({ setting: "KEY", pinnedTo })]);
    });

    it("shows a connection string too, which a refresh leaves as it is", async () => {
      fetched = { status: "SecretNotFound" };
      app.configure("KEY", referTo(own));
      app.configure("DB", referTo(`${own}/${version}`), "connectionStrings");
      fetched = { status: "Resolved", version, value: "not to be shown" };
      const string = { list: "connectionStrings", setting: "DB", status: "SecretNotFound" } as const;
      expect(await world.apps.refresh(siteId, secret, call)).toEqual([aReference({ setting: "KEY" })]);
      expect(await references()).toEqual([
        aReference({ setting: "KEY" }),
        aReference({ ...string, pinnedTo: version }),
      ]);
    });

    it("that is stopped has no instance, and starts with what was kept", async () => {
      app.configure("KEY", referTo(own));
      app.stop();
      expect(await world.apps.instances(siteId, call)).toEqual([]);
      expect(await references()).toEqual([aReference({ setting: "KEY" })]);
      const { fetches } = app;
      await world.apps.refresh(siteId, secret, call);
      expect(await world.apps.instances(siteId, call)).toEqual([]);
      app.start();
      expect(app.fetches).toBe(fetches + 1);
      expect(await world.apps.instances(siteId, call)).toHaveLength(2);
    });

    it("shows nothing of an app whose settings refer to other secrets, or to none", async () => {
      expect(await references()).toEqual([]);
      app.configure("OTHER", referTo(`${secret.vaultUrl}/secrets/other`));
      expect(await references()).toEqual([]);
    });

    it("shows why a setting is not resolved, and that a refresh has resolved it", async () => {
      fetched = { status: "AccessToKeyVaultDenied" };
      app.configure("KEY", referTo(own));
      expect(await references()).toEqual([aReference({ setting: "KEY", status: "AccessToKeyVaultDenied" })]);
      fetched = { status: "Resolved", version, value: "not to be shown" };
      expect((await references())[0]?.status).toBe("AccessToKeyVaultDenied");
      expect(await world.apps.refresh(siteId, secret, call)).toEqual([aReference({ setting: "KEY" })]);
    });

    it("shows its instances, and a refresh and a restart make new ones", async () => {
      const names = async () => (await world.apps.instances(siteId, call)).map((instance) => instance.name);
      const [first] = app.instances;
      if (first !== undefined) first.state = "STOPPED";
      const before = await world.apps.instances(siteId, call);
      expect(before.map(({ state }) => state)).toEqual(["STOPPED", "READY"]);
      const { fetches } = app;
      await world.apps.restart(siteId, call);
      const restarted = await names();
      expect(app.fetches).toBe(fetches);
      await world.apps.refresh(siteId, secret, call);
      expect(app.fetches).toBe(fetches + 1);
      expect(new Set([...before.map((instance) => instance.name), ...restarted, ...(await names())]).size).toBe(6);
    });

    it("that is not there needs an operator", async () => {
      const missing = `${siteId}-2`;
      const needed = { name: "OperatorNeededError", reason: "NotFound" };
      await expect(world.apps.instances(missing, call)).rejects.toMatchObject(needed);
      await expect(world.apps.refresh(missing, secret, call)).rejects.toMatchObject(needed);
      await expect(world.apps.restart(missing, call)).rejects.toMatchObject(needed);
    });
  });
};
