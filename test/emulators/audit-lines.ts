/** One line of the table AZKVAuditLogs. */
export interface AuditLine {
  readonly TimeGenerated: Date;
  readonly OperationName: string;
  readonly HttpStatusCode: number;
  /** What was answered: with a version, also where the request named none. */
  readonly Id: string;
  /** What was asked. */
  readonly RequestUri: string;
  readonly CallerIpAddress: string;
  readonly ClientInfo: string;
  readonly Identity: { readonly claim: Readonly<Record<string, string>> };
}

/** The vaults' audit log as a workspace has it: each line arrives some time after its request. */
export class AuditLines {
  /** Milliseconds from a request to its line in the workspace; minutes in Azure. */
  delayMs = 0;
  readonly #lines: AuditLine[] = [];
  /** Further lines that are made anew at each query, so that a million of them need no memory. */
  bulk: (() => Iterable<AuditLine>) | null = null;

  add(line: AuditLine): void {
    this.#lines.push(line);
  }

  clear(): void {
    this.#lines.length = 0;
    this.bulk = null;
    this.delayMs = 0;
  }

  /** Those that have arrived by then. */
  *arrived(now: Date): Iterable<AuditLine> {
    for (const line of this.#lines) if (line.TimeGenerated.getTime() + this.delayMs <= now.getTime()) yield line;
    if (this.bulk !== null) yield* this.bulk();
  }
}
