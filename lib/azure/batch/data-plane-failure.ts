import { OperatorNeededError, TransientServiceError } from "../../errors";
import { batchDetails, batchFailures } from "../sdk/failures/batch-failures";
import { diagnosed, rowOf } from "../sdk/failures/failure-row";
import { answered, readFailure } from "../sdk/failures/sdk-failure";
import { type SdkCall, type ServiceError, toServiceError } from "../sdk/failures/service-errors";

const maxReadBytes = 64 * 1024;

/**
 * The body as text, as far as it is read at all. It is searched and never kept: the service echoes the signature in it.
 */
const readStart = async (response: Response): Promise<string> => {
  let [text, bytes] = ["", 0];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= maxReadBytes) break;
  }
  return text;
};

/** Batch's code, or the name of what it explains in words only. */
const codeIn = (text: string, explained: boolean): string | null => {
  const named = Object.entries(batchDetails).find(([, pattern]) => explained && pattern.test(text));
  return named?.[0] ?? /"code"\s*:\s*"(\w{1,64})"/.exec(text)?.[1] ?? null;
};

/** What an answer other than 200 means: `refused` where it is about the key that has signed. */
export const refusalIn = async (
  response: Response,
  accountName: string,
  operation: string,
): Promise<"refused" | ServiceError> => {
  const text = await readStart(response);
  const explained = /AuthenticationErrorDetail/.test(text);
  if (response.status === 403 && explained && /MAC signature/i.test(text)) return "refused";
  const failure = { ...answered(response.status, response.headers), code: codeIn(text, explained) };
  const refusal: SdkCall["refusal"] = (found) => diagnosed(rowOf(batchFailures, found), accountName);
  return toServiceError(failure, { operation, effect: "read", refusal });
};

/** What ended a request to the data plane, as an error that its port promises. */
export const dataPlaneError = (error: unknown, operation: string): ServiceError => {
  if (error instanceof OperatorNeededError || error instanceof TransientServiceError) return error;
  // `fetch` says what went wrong in the cause of a TypeError.
  const failed: unknown = error instanceof TypeError ? error.cause : error;
  return toServiceError(readFailure(failed), { operation, effect: "read", refusal: () => null });
};
