import type { DataFactories } from "../ports/platforms";
import type { SecretRef } from "../rotation/account-config";
import { sawDataFactory, unseenDataFactory } from "../rotation/platforms/data-factory";
import type { PlatformLook } from "./platform-looker";

const addressOf = ({ vaultUrl, name }: SecretRef): string => `${vaultUrl}/secrets/${name}`;

/** Reads the linked service and the runs of a Data Factory. */
export const dataFactoryLook = (factories: DataFactories): PlatformLook<"dataFactory"> => ({
  kind: "dataFactory",
  isDue: () => true,
  unseen: (view, { config }) => unseenDataFactory(view, addressOf(config.secret)),
  see: async (view, { config }, call) => {
    const shown = await factories.look(view.platform, config.batch, config.secret, call);
    return sawDataFactory(view, addressOf(config.secret), shown);
  },
});
