import { OperatorNeededError, OutcomeUnknownError, type ServiceFacts, TransientServiceError } from "../../../errors";
import { diagnosed, type Diagnosis, rowOf } from "./failure-row";
import { identityFailures } from "./identity-failures";
import { networkDiagnosis } from "./network-failures";
import type { Diagnose } from "./refusals";
import { notSent, readFailure, type SdkFailure } from "./sdk-failure";

/** One call of an SDK, as its errors need to know it. */
export interface SdkCall {
  /** As it is to be named in an error, e.g. `Batch regenerateKeys`. */
  readonly operation: string;
  /**
   * `change`: sent once, and an error that is no definite refusal leaves the outcome unknown. `read`: an error means
   * not done.
   */
  readonly effect: "read" | "change";
  /** What the answered failures of this service mean. */
  readonly refusal: Diagnose;
}

export type ServiceError = TransientServiceError | OutcomeUnknownError | OperatorNeededError;

const factsOf = (operation: string, failure: SdkFailure): ServiceFacts => {
  const code = failure.innerCode ?? failure.code;
  return {
    operation,
    ...(failure.statusCode === null ? {} : { statusCode: failure.statusCode }),
    ...(code === null ? {} : { code }),
    ...(failure.requestId === null ? {} : { requestId: failure.requestId }),
  };
};

/**
 * Statuses by which a service says that it has not done it. 408 and 5xx are not among them: a service that failed after
 * it had rotated the key answers so. Nor is an unexpected 2xx, or a 200 whose body was cut short.
 */
const definiteRefusals: readonly (number | null)[] = [400, 401, 403, 404, 409, 412, 429];

const isCertainlyNotDone = (failure: SdkFailure): boolean =>
  failure.kind === "notSent" || definiteRefusals.includes(failure.statusCode);

/** A proxy's own answer reaches the SDKs as that of the service. */
const proxyRefused = 407;

const diagnosisOf = (failure: SdkFailure, refusal: Diagnose): Diagnosis | null =>
  failure.kind === "answered"
    ? failure.statusCode === proxyRefused
      ? networkDiagnosis("ProxyRefused")
      : refusal(failure)
    : (diagnosed(rowOf(identityFailures, failure), undefined) ?? networkDiagnosis(failure.code));

/** The one translation of an SDK's error into the errors that a port promises. */
export const toServiceError = (failure: SdkFailure, { operation, effect, refusal }: SdkCall): ServiceError => {
  const facts = factsOf(operation, failure);
  const found = diagnosisOf(failure, refusal);
  if (found !== null && found.lasts !== null)
    return new OperatorNeededError(found.lasts, facts, found.remedy, found.cause);
  // A 401 is transient for every kind of call: the token has just expired or was revoked, and the next attempt brings a
  // new one. The tables pick out the 401s that no new token fixes.
  if (effect === "read" || isCertainlyNotDone(failure))
    return new TransientServiceError(facts, failure.retryAfterMs, found);
  return new OutcomeUnknownError(facts, found);
};

/**
 * Runs one SDK call; with a signal that has aborted already, sends nothing. Throws `ServiceError` only, and nothing of
 * the SDK's own error but its code, status and request id.
 */
export const callSdk = async <T>(call: SdkCall, signal: AbortSignal, send: () => Promise<T>): Promise<T> => {
  if (signal.aborted) throw toServiceError(notSent("AbortError"), call);
  try {
    return await send();
  } catch (error) {
    throw toServiceError(readFailure(error), call);
  }
};

/** A read's answer that cannot be used, though its status was good. */
export const malformedAnswer = (operation: string): TransientServiceError =>
  new TransientServiceError({ operation, code: "MalformedAnswer" });
