import type { InstanceReport } from "../../rotation/gate/signals";
import type { RowKey } from "./rows/rows";

/** A stored report with the token that a conditional write needs; both null where there is none. */
export interface SeenReport {
  /** Null too where the row cannot be read. */
  readonly report: InstanceReport | null;
  readonly etag: string | null;
  /** As this process has written it, some time ago: only a write on its etag shows that it is still so. */
  readonly isOld: boolean;
}

const maxKept = 2_000;

/**
 * The last reports that this process has written. The next signal of the same instance is merged into it without a read
 * before: where another process has written since, the conditional write fails and brings the row along.
 */
export class WrittenReports {
  readonly #kept = new Map<string, SeenReport>();

  get(key: RowKey): SeenReport | undefined {
    return this.#kept.get(idOf(key));
  }

  set(key: RowKey, seen: SeenReport): void {
    const id = idOf(key);
    this.#kept.delete(id);
    this.#kept.set(id, seen);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const idOf = ({ partitionKey, rowKey }: RowKey): string => `${partitionKey}/${rowKey}`;
