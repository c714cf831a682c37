import { TableClient } from "@azure/data-tables";
import { HistoryTable } from "../../../lib/azure/tables/history-table";
import { RotationTable } from "../../../lib/azure/tables/rotation-table";
import { SignalTable } from "../../../lib/azure/tables/signal-table";
import { openTables } from "../../../lib/azure/tables/tables";
import { type VerifiedHistory, verifyHistory } from "../../../lib/history/read-history";
import type { Ports } from "../../../lib/ports/ports";
import type { RotationEvent } from "../../../lib/rotation/events/events";
import type { RotationRecord } from "../../../lib/rotation/record";
import { type Azurite, startAzurite } from "../../emulators/azurite";
import { Place, Rig } from "../../rig/rig";
import type { AccountChanges } from "../../builders/account";

export type Row = Record<string, unknown> & { partitionKey: string; rowKey: string };

const call = { signal: new AbortController().signal };

/** The tables on Azurite. */
export class StoredHistory {
  readonly #azurite: Azurite;
  readonly #rows: TableClient;
  readonly #ports: Pick<Ports, "rotations" | "signals" | "history">;
  #accounts = 0;

  private constructor(azurite: Azurite) {
    const { connectionString } = azurite;
    let writes = 0;
    const ids = { next: () => `write-${(writes += 1)}` };
    const tables = openTables(
      { kind: "connectionString", connectionString, allowInsecureConnection: true },
      "BatchKey",
      ids,
    );
    this.#azurite = azurite;
    this.#rows = TableClient.fromConnectionString(connectionString, "BatchKeyHistory", {
      allowInsecureConnection: true,
    });
    this.#ports = {
      rotations: new RotationTable(tables.rotations),
      signals: new SignalTable(tables.signals),
      history: new HistoryTable(tables.history),
    };
  }

  static async open(): Promise<StoredHistory> {
    return new StoredHistory(await startAzurite());
  }

  close(): Promise<void> {
    return this.#azurite.stop();
  }

  /** A new account, adopted and rotated once: six events. */
  async rotated(changes: AccountChanges = {}): Promise<StoredPlace> {
    const rig = new Rig({ ports: this.#ports });
    const { config } = rig.place({ name: `account-${(this.#accounts += 1)}`, ...changes });
    const place = new StoredPlace(rig, config, this.#rows);
    await rig.tick();
    await place.confirm();
    await place.rotate();
    await place.confirm();
    return place;
  }
}

/** An account and its rows, which a test may edit. */
export class StoredPlace extends Place {
  readonly #rows: TableClient;

  constructor(rig: Rig, config: Place["config"], rows: TableClient) {
    super(rig, config);
    this.#rows = rows;
  }

  /** The row as stored. */
  async stored(): Promise<RotationRecord> {
    const found = await this.rig.app.ports.rotations.read(this.config.name, call);
    if (found === null) throw new Error("there is no record");
    return found.record;
  }

  /** Oldest first. */
  async storedEvents(): Promise<readonly RotationEvent[]> {
    const range = { limit: 1_000, before: null };
    return (await this.rig.app.ports.history.page(this.config.name, range, call)).events.toReversed();
  }

  verified(): Promise<VerifiedHistory> {
    return verifyHistory(this.rig.app, this.config);
  }

  /** Place and problem of each finding. */
  async problems(): Promise<readonly string[]> {
    return (await this.verified()).problems.map(({ sequence, problem }) => `${sequence} ${problem}`);
  }

  /** Oldest first. */
  async rows(): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const filter = `PartitionKey eq '${this.config.name}'`;
    for await (const { etag: _etag, timestamp: _timestamp, ...row } of this.#rows.listEntities<Row>({
      queryOptions: { filter },
    })) {
      rows.push(row);
    }
    return rows.toReversed();
  }

  async row(sequence: number): Promise<Row> {
    const row = (await this.rows()).find((each) => each["sequence"] === String(sequence));
    if (row === undefined) throw new Error(`there is no row ${sequence}`);
    return row;
  }

  async put(row: Row): Promise<void> {
    await this.#rows.upsertEntity(row, "Replace");
  }

  async remove({ partitionKey, rowKey }: Row): Promise<void> {
    await this.#rows.deleteEntity(partitionKey, rowKey);
  }
}
