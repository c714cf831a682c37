import { secretUrl } from "../rotation/ownership";
import type { DataFactories } from "../ports/platforms";
import { sawDataFactory, unseenDataFactory } from "../rotation/platforms/data-factory";
import type { PlatformLook } from "./platform-looker";

/** Reads the linked service and the runs of a Data Factory. */
export const dataFactoryLook = (factories: DataFactories): PlatformLook<"dataFactory"> => ({
  kind: "dataFactory",
  isDue: () => true,
  unseen: (view, { config }) => unseenDataFactory(view, secretUrl(config.secret)),
  see: async (view, { config }, call) => {
    const shown = await factories.look(view.platform, config.batch, config.secret, call);
    return sawDataFactory(view, secretUrl(config.secret), shown);
  },
});
