import { noticeSchema } from "../../lib/azure/tables/record-schema";
import type { CallOptions, Notices, StoredNotice } from "../../lib/ports";
import type { Notice } from "../../lib/rotation/events/notice";
import { InMemoryFaults } from "./in-memory-faults";

/** Notices in memory. They go through JSON and the schema, so one that could not be stored is not stored here either. */
export class InMemoryNotices implements Notices {
  readonly #rows = new Map<string | null, { readonly json: string; readonly etag: string }>();
  readonly #faults: InMemoryFaults;
  #writes = 0;

  constructor(faults: InMemoryFaults = new InMemoryFaults()) {
    this.#faults = faults;
  }

  list({ signal }: CallOptions): Promise<readonly StoredNotice[]> {
    return this.#faults.run("notices.list", signal, () => [...this.#rows.keys()].map((account) => this.#read(account)));
  }

  write(notice: Notice, etag: string | null, { signal }: CallOptions): Promise<StoredNotice | null> {
    return this.#faults.run("notices.write", signal, () => {
      if ((this.#rows.get(notice.account)?.etag ?? null) !== etag) return null;
      noticeSchema.parse(notice);
      this.#rows.set(notice.account, { json: JSON.stringify(notice), etag: `etag-${(this.#writes += 1)}` });
      return this.#read(notice.account);
    });
  }

  /** A test's own view: no faults. */
  peek(account: string | null): Notice | null {
    return this.#rows.has(account) ? this.#read(account).notice : null;
  }

  #read(account: string | null): StoredNotice {
    const { json = "", etag = "" } = this.#rows.get(account) ?? {};
    return { notice: noticeSchema.parse(JSON.parse(json)), etag };
  }
}
