import type { Notice } from "../rotation/events/notice";
import type { CallOptions } from "./call";

export interface StoredNotice {
  readonly notice: Notice;
  readonly etag: string;
}

/** Alarms that no rotation record can hold. Throws `TransientServiceError` or `OperatorNeededError`. */
export interface Notices {
  /** All there are. One that cannot be read is as good as new: its alarm is raised again. */
  list(options: CallOptions): Promise<readonly StoredNotice[]>;
  /** Null when another writer has written since `etag` was read; `etag` is null where there was none. */
  write(notice: Notice, etag: string | null, options: CallOptions): Promise<StoredNotice | null>;
}
