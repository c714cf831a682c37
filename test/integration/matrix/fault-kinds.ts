import type { FaultKind } from "../../emulators/faults";
import { serviceOf } from "../../emulators/routes";
import type { RecordedCall } from "./calls";

export type Side = "before" | "after";

/** When an effect that comes late is applied: while the driver goes on at once, or four minutes later. */
export type Late = "soon" | "inQuarantine";

export interface MatrixFault {
  readonly name: string;
  readonly how: FaultKind;
  /** How many calls in a row go wrong: 3 outlasts the SDKs' own repeats, `lasting` ends when the test says so. */
  readonly times: 1 | 3 | "lasting";
  readonly late: Late | null;
}

const status = (code: number, retryAfter?: number): FaultKind => ({
  kind: "status",
  status: code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

const once = (name: string, how: FaultKind): MatrixFault => ({ name, how, times: 1, late: null });

/** The faults that are asked for. Each is tried before and after the call has its effect. */
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

/** A wait that is not waited for within the call, what outlasts the SDKs' own repeats, and what stays until it is mended. */
export const beyondTheList: readonly MatrixFault[] = [
  once("503 with a long Retry-After", status(503, 20)),
  once("429 with a long Retry-After", status(429, 20)),
  { name: "500 three times", how: status(500), times: 3, late: null },
  { name: "reset three times", how: { kind: "resetBeforeAnswer" }, times: 3, late: null },
  { name: "403 for two rounds", how: status(403), times: "lasting", late: null },
  { name: "404 for two rounds", how: status(404), times: "lasting", late: null },
];

/** The request is lost, and applied all the same later. Only where there is something to apply. */
export const lateOnes: readonly MatrixFault[] = [
  { name: "lost, applied soon after", how: { kind: "resetBeforeAnswer" }, times: 1, late: "soon" },
  { name: "lost, applied 4 minutes after", how: { kind: "resetBeforeAnswer" }, times: 1, late: "inQuarantine" },
  { name: "hung, applied 4 minutes after", how: { kind: "hang" }, times: 1, late: "inQuarantine" },
];

export const changesSomething = ({ method, route }: RecordedCall): boolean =>
  method !== "GET" && route !== "arm.listKeys" && route !== "vault.challenge";

/** What everybody must be told while the fault lasts; null where nobody need be. A table's 404 is an answer: no such row. */
export const reasonToTell = ({ how, times }: MatrixFault, { route }: RecordedCall): RegExp | null => {
  if (times !== "lasting" || how.kind !== "status") return null;
  const service = serviceOf(route);
  // MSAL repeats a 404 for longer than a call may take here.
  if (service === "identity") return /Credential|Authentication|AbortError/;
  if (how.status === 403) return /Forbidden/;
  return service === "tables" ? null : /NotFound/;
};
