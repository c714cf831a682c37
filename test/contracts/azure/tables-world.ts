import { HistoryTable } from "../../../lib/azure/tables/history-table";
import { NoticeTable } from "../../../lib/azure/tables/notice-table";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { TickNotesTable } from "../../../lib/azure/tables/tick-notes-table";
import { SignalTable } from "../../../lib/azure/tables/signal-table";
import type { TableStorage } from "../../../lib/azure/tables/table-clients";
import { openTables, type Tables } from "../../../lib/azure/tables/tables";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { Faults } from "../../emulators/faults";
import { Journal } from "../../emulators/journal";
import { startTableProxy, type TableProxy } from "../../emulators/table-proxy";

export interface TablesWorld {
  readonly azurite: Azurite;
  readonly proxy: TableProxy;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly storage: TableStorage;
  readonly tables: Tables;
  readonly rotations: RotationTable;
  readonly ticks: TickNotesTable;
  readonly notices: NoticeTable;
  readonly signals: SignalTable;
  readonly history: HistoryTable;
  close(): Promise<void>;
}

export const countingIds = () => {
  let made = 0;
  return { next: () => `id-${(made += 1)}` };
};

/** The three tables on Azurite, behind a fault-injecting proxy. */
export const openTablesWorld = async (
  faults: Faults = new Faults(),
  journal: Journal = new Journal(),
): Promise<TablesWorld> => {
  const azurite = await startAzurite();
  const proxy = await startTableProxy({ targetPort: azurite.port, faults, journal });
  const storage: TableStorage = {
    kind: "connectionString",
    connectionString: proxy.connectionString,
    allowInsecureConnection: true,
  };
  const tables = openTables(storage, "BatchKey", countingIds());
  return {
    azurite,
    proxy,
    faults,
    journal,
    storage,
    tables,
    rotations: new RotationTable(tables.rotations),
    ticks: new TickNotesTable(tables.rotations),
    notices: new NoticeTable(tables.rotations),
    signals: new SignalTable(tables.signals),
    history: new HistoryTable(tables.history),
    close: async () => {
      await proxy.close();
      await azurite.stop();
    },
  };
};
