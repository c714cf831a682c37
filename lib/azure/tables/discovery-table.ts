import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { Discoveries, StoredHead, StoredShard } from "../../ports/discovery";
import type { DiscoveryHead } from "../../rotation/discovery/discovery-head";
import type { KnownAccount } from "../../rotation/discovery/known-account";
import { jsonIn, toAsciiJson, toColumns } from "./rows/json-columns";
import { instant, type Same } from "./rows/record-schema";
import type { StoredRow } from "./rows/rows";
import { SharedParts } from "../../rotation/discovery/shared-parts";
import type { Table } from "./tables";

/** Names of accounts are in lower case, so none is this one. */
const partitionKey = "Discovery";
const headKey = "head";
/** In the order of the numbers; the head sorts after all of them. */
const shardKey = (index: number): string => `accounts-${String(index).padStart(3, "0")}`;

const headSchema = z.strictObject({
  version: z.string(),
  writing: z.boolean(),
  answeredAt: instant.nullable(),
  nextAskAt: instant,
  heldUntil: instant.nullable(),
  trouble: z.strictObject({ since: instant, lasts: z.boolean(), detail: z.string() }).nullable(),
  coverageLoggedAt: instant.nullable(),
});

const tags = z.strictObject({ profile: z.string(), consumers: z.string().nullable() }).nullable();

const accountSchema = z.strictObject({
  resourceId: z.string().min(1),
  location: z.string(),
  tags,
  sharedKey: z.boolean(),
  taggedAt: instant,
  good: tags,
  missing: z.strictObject({ kind: z.enum(["TagRemoved", "AccountGone"]), since: instant }).nullable(),
});

/** Do not compile when a schema and its type no longer say the same. */
export const headSchemaIsComplete: Same<z.output<typeof headSchema>, DiscoveryHead> = true;
export const accountSchemaIsComplete: Same<z.output<typeof accountSchema>, KnownAccount> = true;

/** Null where the column does not hold what it must. */
const read = <T>(schema: z.ZodType<T>, row: StoredRow, name: string): T | null =>
  schema.safeParse(jsonIn(name, row), { jitless: true }).data ?? null;

const accountsSchema = z.array(accountSchema);

const indexOf = (row: StoredRow): number => Number(row.rowKey.slice(shardKey(0).length - 3));

/** What discovery has found: rows in a partition of their own beside the rotation records. */
export class DiscoveryTable implements Discoveries {
  readonly #table: Table;

  constructor(rotations: Table) {
    this.#table = rotations;
  }

  async head(options: CallOptions): Promise<StoredHead | null> {
    const row = await this.#table.read({ partitionKey, rowKey: headKey }, options);
    if (row === null) return null;
    return { head: read(headSchema, row, "head") ?? unreadableHead, etag: row.etag };
  }

  async writeHead(head: DiscoveryHead, etag: string | null, options: CallOptions): Promise<StoredHead | null> {
    const row = { partitionKey, rowKey: headKey, ...toColumns("head", toAsciiJson(head)) };
    const outcome = await this.#table.writeConditional(row, etag, options);
    return outcome.kind === "written" ? { head, etag: outcome.etag } : null;
  }

  async shards(options: CallOptions): Promise<readonly StoredShard[]> {
    const parts = new SharedParts();
    const shards: StoredShard[] = [];
    // One by one: the texts of all rows together are large.
    const visit = (row: StoredRow): void => {
      const accounts = (read(accountsSchema, row, "accounts") ?? []).map((account) => parts.of(account));
      shards.push({ index: indexOf(row), accounts, etag: row.etag });
    };
    await this.#table.visitPartition(partitionKey, visit, options, { belowRowKey: headKey });
    return shards;
  }

  async writeShard(
    { index, accounts }: Omit<StoredShard, "etag">,
    etag: string | null,
    options: CallOptions,
  ): Promise<StoredShard | null> {
    const row = { partitionKey, rowKey: shardKey(index), ...toColumns("accounts", toAsciiJson(accounts)) };
    const outcome = await this.#table.writeConditional(row, etag, options);
    return outcome.kind === "written" ? { index, accounts, etag: outcome.etag } : null;
  }
}

/** It was edited manually: what is stored is read again, and the graph is asked. */
const unreadableHead: DiscoveryHead = {
  version: "unreadable",
  writing: true,
  answeredAt: null,
  nextAskAt: new Date(0).toISOString(),
  heldUntil: null,
  trouble: null,
  coverageLoggedAt: null,
};
