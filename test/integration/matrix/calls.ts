import { emulatedWorkspace } from "../../emulators/log-analytics";
import type { JournalEntry } from "../../emulators/journal";
import type { Route } from "../../emulators/routes";
import { type PlatformPart, platformParts, resourceName } from "./platform-apps";
import type { Run, Stage } from "./run";
import type { Subject } from "./subject";

/** The subject of a request, by its role in every run. */
export type Part =
  | "account"
  | "secret"
  | "workspace"
  | "Rotations"
  | "History"
  | "Signals"
  | "tables"
  | "graph"
  | PlatformPart
  | Audience;

/** The audience of the requested token. */
type Audience = "Resource Manager" | "Key Vault" | "Log Analytics";

const resources: Readonly<Record<Audience, string>> = {
  "Resource Manager": "https://management.azure.com",
  "Key Vault": "https://vault.azure.net",
  "Log Analytics": "https://api.loganalytics.io",
};
const audiences: readonly Audience[] = ["Resource Manager", "Key Vault", "Log Analytics"];

/** One external call of a rotation, the same in all runs: the `nth` to this route about this part. */
export interface RecordedCall {
  readonly route: Route;
  readonly part: Part;
  readonly nth: number;
  readonly stage: Stage;
  readonly method: string;
}

export const partOf = (
  { batchAccount, config, tablePrefix }: Subject,
  { route, subject }: Pick<JournalEntry, "route" | "subject">,
): Part => {
  if (subject === null) return route === "arm.queryResources" ? "graph" : "tables";
  const name = subject.toLowerCase();
  if (name === batchAccount.toLowerCase()) return "account";
  if (name === config.secret.name.toLowerCase()) return "secret";
  if (name === emulatedWorkspace) return "workspace";
  const audience = audiences.find((one) => resources[one] === subject);
  if (audience !== undefined) return audience;
  for (const table of ["Rotations", "History", "Signals"] as const) {
    if (name === `${tablePrefix}${table}`.toLowerCase()) return table;
  }
  const platform = platformParts.find((one) => name === resourceName(batchAccount, one));
  if (platform !== undefined) return platform;
  throw new Error(`a request about ${subject}, which is no part of this run`);
};

/** The subject of a part in a run, for the target of a fault; undefined if the emulators have none. */
export const subjectOf = ({ batchAccount, config, tablePrefix }: Subject, part: Part): string | undefined => {
  if (part === "tables" || part === "graph") return undefined;
  if (part === "Resource Manager" || part === "Key Vault" || part === "Log Analytics") return resources[part];
  if (part === "workspace") return emulatedWorkspace;
  if (part === "account") return batchAccount;
  const platform = platformParts.find((one) => one === part);
  if (platform !== undefined) return resourceName(batchAccount, platform);
  return part === "secret" ? config.secret.name : `${tablePrefix}${part}`;
};

/** While the app looks for accounts, it does nothing else in a recorded run. */
const stageOf = ({ subject, stage }: Run): Stage => (subject.looking?.isLooking ? "discovery" : stage);

/** Records every call that the emulators answer from now on, until the returned function is called. */
export const recordCalls = (run: Run): (() => readonly RecordedCall[]) => {
  const calls: RecordedCall[] = [];
  const counts = new Map<string, number>();
  const stop = run.lane.emulators.journal.onRequest((entry) => {
    const { route, method } = entry;
    const part = partOf(run.subject, entry);
    const nth = (counts.get(`${route} ${part}`) ?? 0) + 1;
    counts.set(`${route} ${part}`, nth);
    calls.push({ route, part, nth, stage: stageOf(run), method });
  });
  return () => {
    stop();
    return calls;
  };
};

export const callName = ({ route, part, nth, stage }: RecordedCall): string => `${route} ${part} #${nth} (${stage})`;
