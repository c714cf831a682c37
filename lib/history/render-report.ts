import { type Grade, grades } from "../rotation/gate/grades";
import * as z from "zod";
import type { RotationEvidence } from "./rotation-report";

const line = (name: string, value: string | null): string => `${name.padEnd(22)}${value ?? "-"}`;

const proof = (provenBy: string | null, notProven: string | null): string | null =>
  provenBy ?? (notProven === null ? null : `not proven: ${notProven}`);

const provenDead = ({ provenDeadAt, provenDeadBy }: RotationEvidence["oldKey"]): string | null =>
  provenDeadBy === null ? null : `${provenDeadAt ?? ""}  ${provenDeadBy}`;

/** The report of a rotation as text. */
export const renderText = (found: RotationEvidence): string => {
  return [
    `Rotation ${found.rotationId} of ${found.account}`,
    "",
    line("Batch account", found.resourceId),
    line("Secret", found.secret),
    line("Outcome", found.outcome),
    line("Asked for by", found.startedBy),
    line("Why", found.reason),
    line("Started", found.startedAt),
    line("New key made", found.newKey.madeAt),
    line("New key published", found.newKey.publishedAt),
    line("New key proven", proof(found.newKey.provenBy, found.newKey.notProven)),
    line("Old key regenerated", found.oldKey.retiredAt),
    line("Old key proven dead", proof(provenDead(found.oldKey), found.oldKey.notProven)),
    line("Ended", found.endedAt),
    "",
    "Confirmed by",
    ...confirmationLines(found),
    "",
    ...readerLines(found),
    "Decided by people, or in spite of a check",
    ...(found.overrides.length === 0
      ? ["  nothing"]
      : found.overrides.map(({ at, by, event, detail }) => `  ${at}  ${event}  ${by}  ${detail}`)),
    "",
    "Requests",
    ...found.requestIds.map(({ event, requestId }) => `  ${event}  ${requestId}`),
    "",
    "Events",
    ...found.events.map(({ at, event, by, detail }) => `  ${at}  ${event}  ${by}  ${detail}`),
    "",
  ].join("\n");
};

const confirmationSchema = z.array(
  z.object({
    at: z.string(),
    consumer: z.string(),
    instance: z.string(),
    secretVersion: z.string(),
    proven: z.boolean(),
    evidence: z.enum(grades).optional(),
  }),
);

const evidenceInWords: Readonly<Record<Grade, string>> = {
  proof: "with proof",
  report: "without proof",
  platform: "by its platform",
  log: "by the vault's audit log",
};

const confirmationLines = ({ confirmations, confirmedInstances }: RotationEvidence): readonly string[] => {
  const parsed = confirmationSchema.safeParse(confirmations);
  if (!parsed.success || parsed.data.length === 0) return ["  none"];
  const more = confirmedInstances - parsed.data.length;
  return [
    ...parsed.data.map(
      ({ at, consumer, instance, secretVersion, proven, evidence = proven ? "proof" : "report" }) =>
        `  ${at}  ${consumer}/${instance}  version ${secretVersion}  ${evidenceInWords[evidence]}`,
    ),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
};

const readersSchema = z.array(
  z.object({
    identity: z.string(),
    resource: z.string().nullable(),
    version: z.string().nullable(),
    lastAt: z.string(),
  }),
);

/** Nothing where the vault's audit log was not asked. */
const readerLines = ({ readers }: RotationEvidence): readonly string[] => {
  const { data } = readersSchema.safeParse(readers);
  if (data === undefined) return [];
  const lines = data.map(
    ({ identity, resource, version, lastAt }) =>
      `  ${lastAt}  ${identity}  version ${version ?? "-"}  ${resource ?? "-"}`,
  );
  return ["Readers of the secret by then, by the vault's audit log", ...(lines.length === 0 ? ["  none"] : lines), ""];
};
