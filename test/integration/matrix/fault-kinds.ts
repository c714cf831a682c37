import type { FaultKind } from "../../emulators/faults";
import { type Route, serviceOf } from "../../emulators/routes";
import type { RecordedCall } from "./calls";

export type Side = "before" | "after";

/** When a late effect is applied: while the driver continues at once, or four minutes later. */
export type Late = "soon" | "inQuarantine";

export interface MatrixFault {
  readonly name: string;
  readonly how: FaultKind;
  /** The number of consecutive failing calls: 3 outlasts the SDKs' retries, `lasting` ends when the test stops it. */
  readonly times: 1 | 3 | "lasting";
  readonly late: Late | null;
}

const status = (code: number, retryAfter?: number): FaultKind => ({
  kind: "status",
  status: code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

const once = (name: string, how: FaultKind): MatrixFault => ({ name, how, times: 1, late: null });

/** The required faults. Each is applied before and after the effect of the call. */
export const oneSided: readonly MatrixFault[] = [
  once("500", status(500)),
  once("503 with Retry-After", status(503, 1)),
  once("429 without Retry-After", status(429)),
  once("429 with Retry-After", status(429, 1)),
  once("403", status(403)),
  once("404", status(404)),
  once("409", status(409)),
  once("412", status(412)),
  once("reset before the answer", { kind: "resetBeforeAnswer" }),
  once("reset in the middle of the answer", { kind: "resetInMiddle" }),
  once("truncated JSON", { kind: "truncatedJson" }),
  once("unexpected 202", { kind: "unexpected202" }),
  once("hang until the abort", { kind: "hang" }),
];

/** A Retry-After longer than the call, faults that outlast the SDKs' retries, and lasting refusals. */
export const beyondTheList: readonly MatrixFault[] = [
  once("503 with a long Retry-After", status(503, 20)),
  once("429 with a long Retry-After", status(429, 20)),
  { name: "500 three times", how: status(500), times: 3, late: null },
  { name: "reset three times", how: { kind: "resetBeforeAnswer" }, times: 3, late: null },
  { name: "403 for two rounds", how: status(403), times: "lasting", late: null },
  { name: "404 for two rounds", how: status(404), times: "lasting", late: null },
];

/** The request is lost, but applied later. Only for calls with an effect. */
export const lateOnes: readonly MatrixFault[] = [
  { name: "lost, applied soon after", how: { kind: "resetBeforeAnswer" }, times: 1, late: "soon" },
  { name: "lost, applied 4 minutes after", how: { kind: "resetBeforeAnswer" }, times: 1, late: "inQuarantine" },
  { name: "hung, applied 4 minutes after", how: { kind: "hang" }, times: 1, late: "inQuarantine" },
];

export const changesSomething = ({ method, route }: RecordedCall): boolean =>
  method !== "GET" && !readsByPost.includes(route);

const readsByPost: readonly Route[] = [
  "arm.listKeys",
  "arm.queryResources",
  "arm.queryPipelineRuns",
  "arm.queryActivityRuns",
  "vault.challenge",
];

/** The reason to report while the fault lasts; null for none. A table's 404 is an answer: the row does not exist. */
export const reasonToReport = ({ how, times }: MatrixFault, { route }: RecordedCall): RegExp | null => {
  if (times !== "lasting" || how.kind !== "status") return null;
  const service = serviceOf(route);
  // MSAL retries a 404 for longer than a call may take here.
  if (service === "identity") return /Credential|Authentication|AbortError|Identity/;
  if (how.status === 403) return /Forbidden/;
  // A job that is gone has no tasks to search.
  if (route === "batch.listTasks") return null;
  // So App Service may answer where no setting, or no connection string, is a reference.
  if (route === "arm.listConnectionStrings") return null;
  if (route === "arm.listReferences") return /no setting of site refers to the secret/;
  return service === "tables" ? null : /NotFound/;
};
