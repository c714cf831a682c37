import { outgoingFetch } from "../../outgoing/fetch";
import type { BatchKey } from "../../batch-key";
import { OperatorNeededError, TransientServiceError } from "../../errors";
import { withDeadline } from "../sdk/pipeline";
import { batchDetails, batchFailures } from "../sdk/batch-failures";
import { diagnosed, rowOf } from "../sdk/failure-row";
import { type SdkCall, toServiceError } from "../sdk/service-errors";
import { answered, readFailure } from "../sdk/sdk-failure";
import { seconds } from "../../rotation/time/units";

export interface Probe {
  readonly accountName: string;
  /** Host of the data plane, with its port where it has one. */
  readonly accountEndpoint: string;
  readonly key: BatchKey;
  readonly now: Date;
}

const operation = "Batch data plane probe";
const maxProbeMs = seconds(30);
const maxBodyBytes = 64 * 1024;

/** Already in the order in which the parameters are signed. */
const query = { $select: "id", "api-version": "2022-10-01.16.0", maxresults: "1" } as const;

/**
 * The headers that sign `GET /pools` with a shared key. What is signed is the verb, eleven headers that a GET without a
 * body does not have (an empty line each), the `ocp-` headers, then account, path and query
 * (learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service). Implemented here
 * because the only SDK that can sign brings 1 MB and an HTTP stack of its own.
 */
export const signedHeaders = ({ accountName, key, now }: Omit<Probe, "accountEndpoint">): Record<string, string> => {
  const date = now.toUTCString();
  const parameters = Object.entries(query).map(([name, value]) => `\n${name}:${value}`);
  const text = `GET${"\n".repeat(12)}ocp-date:${date}\n/${accountName}/pools${parameters.join("")}`;
  return { "ocp-date": date, authorization: `SharedKey ${accountName}:${key.sign(text).toString("base64")}` };
};

export const probeUrl = (accountEndpoint: string): URL => {
  const url = new URL("/pools", `https://${accountEndpoint}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
};

/**
 * The body as text, as far as it is read at all. It is searched and never kept: the service echoes the signature in it.
 */
const readStart = async (response: Response): Promise<string> => {
  let [text, bytes] = ["", 0];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes >= maxBodyBytes) break;
  }
  return text;
};

/** Batch's code, or the name of what it explains in words only. */
const codeIn = (text: string, explained: boolean): string | null => {
  const named = Object.entries(batchDetails).find(([, pattern]) => explained && pattern.test(text));
  return named?.[0] ?? /"code"\s*:\s*"(\w{1,64})"/.exec(text)?.[1] ?? null;
};

const judge = async ({ accountName }: Probe, response: Response): Promise<"accepted" | "refused"> => {
  if (response.status === 200) {
    await response.body?.cancel();
    return "accepted";
  }
  const text = await readStart(response);
  const explained = /AuthenticationErrorDetail/.test(text);
  if (response.status === 403 && explained && /MAC signature/i.test(text)) return "refused";
  const failure = { ...answered(response.status, response.headers), code: codeIn(text, explained) };
  const refusal: SdkCall["refusal"] = (found) => diagnosed(rowOf(batchFailures, found), accountName);
  throw toServiceError(failure, { operation, effect: "read", refusal });
};

/**
 * One signed, reading call: does Batch accept this key now? A refusal counts only when the service says that the
 * signature does not match; a wrong clock, a firewall or a forbidden mode answer 401 or 403 as well and say nothing
 * about the key.
 */
export const probeKey = async (probe: Probe, signal: AbortSignal): Promise<"accepted" | "refused"> => {
  try {
    const response = await outgoingFetch(probeUrl(probe.accountEndpoint), {
      headers: signedHeaders(probe),
      signal: withDeadline(signal, maxProbeMs),
    });
    return await judge(probe, response);
  } catch (error) {
    if (error instanceof OperatorNeededError || error instanceof TransientServiceError) throw error;
    // `fetch` says what went wrong in the cause of a TypeError.
    const failed: unknown = error instanceof TypeError ? error.cause : error;
    throw toServiceError(readFailure(failed), { operation, effect: "read", refusal: () => null });
  }
};
