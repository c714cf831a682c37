import type { Notices, StoredNotice } from "../ports/notices";
import type { Notice } from "../rotation/events/notice";

/** Notices without a table: what was published is remembered as long as the process lives. */
export class MemoryNotices implements Notices {
  readonly #stored = new Map<string | null, StoredNotice>();
  #writes = 0;

  async list(): Promise<readonly StoredNotice[]> {
    return [...this.#stored.values()];
  }

  async write(notice: Notice, etag: string | null): Promise<StoredNotice | null> {
    if ((this.#stored.get(notice.account)?.etag ?? null) !== etag) return null;
    const stored = { notice, etag: String((this.#writes += 1)) };
    this.#stored.set(notice.account, stored);
    return stored;
  }
}
