import * as z from "zod";
import { referenceLists } from "../../../rotation/platforms/app-service-seen";
import { type Sight, type SightName, sightName } from "../../../rotation/gate/sightings";
import { jsonIn, toAsciiJson, toColumns } from "./json-columns";
import { instant } from "./record-schema";
import type { Row, RowKey, StoredRow } from "./rows";

/** No name of a consumer begins like this, so it is the key of no report. */
const prefix = "(sight):";

const text = z.string().min(1);

const readers = z.strictObject({
  kind: z.literal("readers"),
  readers: z.array(
    z.strictObject({
      identity: text,
      resource: text.nullable(),
      version: text.nullable(),
      firstAt: instant,
      lastAt: instant,
      reads: z.int().min(1),
      address: text.nullable(),
      client: text.nullable(),
    }),
  ),
  omitted: z.int().min(0),
  incomplete: text.nullable(),
  askedAt: instant,
  through: instant.nullable(),
  problem: text.nullable(),
});

/** What the sights of every platform have. */
const platform = {
  consumer: text,
  resourceId: text,
  secret: text,
  version: text,
  lookedAt: instant.nullable(),
  problem: text.nullable(),
  goodSince: instant.nullable(),
};

const request = z.strictObject({
  attempts: z.int().min(0),
  answeredAt: instant.nullable(),
  nextAttemptAt: instant.nullable(),
  problem: text.nullable(),
});

const appService = z.strictObject({
  kind: z.literal("appService"),
  ...platform,
  references: z.array(
    z.strictObject({
      list: z.enum(referenceLists).default("appSettings"),
      setting: text,
      pinnedTo: text.nullable(),
      status: text,
    }),
  ),
  instances: z.array(z.strictObject({ name: text, state: text })),
  refresh: request,
  restart: request,
  overlapMs: z.int().min(0),
});

const containerApp = z.strictObject({
  kind: z.literal("containerApp"),
  ...platform,
  secrets: z.array(z.strictObject({ name: text, pinnedTo: text.nullable() })),
  revisions: z.array(
    z.strictObject({
      name: text,
      use: z.enum(["environment", "volume", "none"]),
      graceMs: z.int().min(0).default(0),
      replicas: z.array(z.strictObject({ name: text, createdAt: instant, isRunning: z.boolean() })),
    }),
  ),
  syncedBy: instant,
  awaitsSync: z.boolean(),
});

const dataFactory = z.strictObject({
  kind: z.literal("dataFactory"),
  ...platform,
  linkedService: text,
  key: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("reference"), pinnedTo: text.nullable() }),
    z.strictObject({ kind: z.literal("copy") }),
    z.strictObject({ kind: z.literal("unclear"), what: text }),
  ]),
  oldest: z.strictObject({ activity: text, pipelineRun: text, startedAt: instant.nullable() }).nullable(),
});

export const sightSchema = z.discriminatedUnion("kind", [
  readers,
  appService,
  containerApp,
  dataFactory,
]) satisfies z.ZodType<Sight>;

export const sightKey = (account: string, name: SightName): RowKey => ({
  partitionKey: account,
  rowKey: `${prefix}${name}`,
});

export const isSightRow = ({ rowKey }: RowKey): boolean => rowKey.startsWith(prefix);

export const toSightRow = (key: RowKey, sight: Sight): Row => ({
  ...key,
  schema: 1,
  ...toColumns("sight", toAsciiJson(sight)),
});

/** Null where the row cannot be read: as if it had never been seen, which may only keep a gate shut. */
export const readSight = (row: StoredRow): Sight | null => {
  const { data } = sightSchema.safeParse(jsonIn("sight", row));
  return data !== undefined && row.rowKey === `${prefix}${sightName(data)}` ? data : null;
};
