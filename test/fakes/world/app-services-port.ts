import type { AppServices } from "../../../lib/ports/platforms";
import type { SecretRef } from "../../../lib/rotation/account-config";
import type { ReferenceSeen } from "../../../lib/rotation/platforms/app-service-seen";
import type { EmulatedAppService } from "../../emulators/platforms/app-service";
import type { Process } from "./process";
import { refusal } from "./refusal";
import type { World } from "./world";

/** App Service behind Resource Manager, as one process reaches it. */
export const appServicesPort = (world: World, process: Process): AppServices => {
  const ask = <T>(
    what: "references" | "instances" | "refresh" | "restart",
    resourceId: string,
    signal: AbortSignal,
    effect: (app: EmulatedAppService) => T,
  ): Promise<T> =>
    world.wire.call(process, {
      operation: `appServices.${what}`,
      signal,
      subject: () => resourceId,
      effect: () => {
        const app = world.platforms.appServices.get(resourceId);
        if (app === undefined) throw refusal(world, "NotFound", `App Service ${what}`, 404);
        return effect(app);
      },
    });
  return {
    references: (resourceId, secret, { signal }) =>
      world.platforms.appServices.has(resourceId)
        ? ask("references", resourceId, signal, (app) => shown(app, secret))
        : Promise.resolve([]),
    instances: (resourceId, { signal }) =>
      ask("instances", resourceId, signal, (app) => app.instances.map(({ name, state }) => ({ name, state }))),
    refresh: (resourceId, secret, { signal }) =>
      ask("refresh", resourceId, signal, (app) => {
        world.effects += 1;
        app.refresh();
        return shown(app, secret).filter(({ list }) => list === "appSettings");
      }),
    restart: (resourceId, { signal }) =>
      ask("restart", resourceId, signal, (app) => {
        world.effects += 1;
        app.restart();
      }),
  };
};

const shown = (app: EmulatedAppService, { vaultUrl, name }: SecretRef): readonly ReferenceSeen[] => {
  const own = `@Microsoft.KeyVault(SecretUri=${vaultUrl}/secrets/${name}`;
  return app.settings
    .filter(({ reference }) => [`${own})`, own].some((text) => reference === text || reference.startsWith(`${own}/`)))
    .map((setting) => ({
      list: setting.list,
      setting: setting.name,
      pinnedTo: setting.reference.slice(own.length + 1, -1) || null,
      status: app.kept(setting.name)?.status ?? "Initialized",
    }));
};
