import { type Emulators, startEmulators } from "../../emulators/emulators";
import { startTableProxy, type TableProxy } from "../../emulators/table-proxy";
import type { Vault } from "../../emulators/vault";
import { VirtualClock } from "../../fakes/world/virtual-clock";

/**
 * A set of emulators with its own faults and journal, in front of the Azurite that all lanes share. It serves one run
 * at a time, each with its own account, secret and tables.
 */
export interface Lane {
  readonly clock: VirtualClock;
  readonly emulators: Emulators;
  readonly vault: Vault;
  readonly tables: TableProxy;
  close(): Promise<void>;
}

export const openLane = async (name: string, azuritePort: number): Promise<Lane> => {
  const clock = new VirtualClock({ startsAt: new Date().toISOString() });
  const now = () => clock.now();
  const emulators = await startEmulators({ now });
  const vault = await emulators.addVault(`vault-${name}`);
  const tables = await startTableProxy({ ...emulators, targetPort: azuritePort, now });
  return {
    clock,
    emulators,
    vault,
    tables,
    close: async () => {
      await tables.close();
      await emulators.close();
    },
  };
};
