import { secretUrl } from "../rotation/ownership";
import type { ContainerApps } from "../ports/platforms";
import { sawContainerApp, unseenContainerApp } from "../rotation/platforms/container-app";
import { toInstant } from "../rotation/time/time";
import type { PlatformLook } from "./platform-looker";

/**
 * Reads Container Apps. While a look has shown nothing but that the sync is still to come, no further one shows more.
 * `syncMs`: how long after the publication the platform has read the vault, whatever the phase of the app is.
 */
export const containerAppLook = (apps: ContainerApps, syncMs: number): PlatformLook<"containerApp"> => ({
  kind: "containerApp",
  isDue: ({ seen, now }) =>
    seen === null ||
    seen.lookedAt === null ||
    seen.problem !== null ||
    !seen.awaitsSync ||
    toInstant(now) >= seen.syncedBy,
  unseen: (view, { config }) => unseenContainerApp(view, secretUrl(config.secret), syncMs),
  see: async (view, { config }, call) => {
    const shown = await apps.look(view.platform.resourceId, config.secret, call);
    return sawContainerApp(view, secretUrl(config.secret), shown, syncMs);
  },
});
