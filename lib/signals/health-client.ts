import { readText } from "../outgoing/read-text";
import { outgoingFetch } from "../outgoing/fetch";
import type { CallOptions } from "../ports/call";
import type { HealthAnswer, HealthChecks } from "../ports/health-checks";
import { seconds } from "../rotation/time/units";

const maxMs = seconds(10);
const maxBytes = 64 * 1024;

/**
 * Asks consumers over HTTPS: no redirects, at most 10 seconds and 64 KiB each. Certificates are checked as Node does.
 */
export class FetchHealthChecks implements HealthChecks {
  async ask(url: string, nonce: string, { signal }: CallOptions): Promise<HealthAnswer> {
    const limit = AbortSignal.timeout(maxMs);
    try {
      const response = await outgoingFetch(url, {
        headers: { accept: "application/json", "x-rotation-nonce": nonce },
        signal: AbortSignal.any([signal, limit]),
      });
      if (response.status !== 200) return await refused(response);
      const text = await readText(response, maxBytes);
      return text === null
        ? { kind: "failed", problem: `answered with more than ${maxBytes} bytes` }
        : { kind: "answered", body: JSON.parse(text) };
    } catch (error) {
      return { kind: "failed", problem: problemOf(error, limit) };
    }
  }
}

const refused = async (response: Response): Promise<HealthAnswer> => {
  await response.body?.cancel();
  return { kind: "failed", problem: `answered ${response.status}, not 200` };
};

/** In words that quote nothing the other side has said. */
const problemOf = (error: unknown, limit: AbortSignal): string => {
  if (limit.aborted) return `did not answer within ${maxMs / 1000} seconds`;
  if (error instanceof SyntaxError) return "answered with something that is not JSON";
  const cause: unknown = typeof error === "object" && error !== null && "cause" in error ? error.cause : undefined;
  const code: unknown = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code)
    ? `could not be asked (${code})`
    : "could not be asked";
};
