import { second, send, wordsOf } from "./internals";
import { hmac } from "./shared-key";
import type { Internals, LogLine, ReportOptions } from "./types";

/** What is reported: the version in use with its key, and whether calls with it work. */
export interface Claim {
  readonly version: string;
  readonly key: string;
  readonly healthy: boolean;
}

/** Whether the rotator has accepted the report. Never rejects. */
export type SendReport = (claim: Claim, leaving: boolean) => Promise<boolean>;

type Log = (event: LogLine["event"], version: string | null, detail: string) => void;

const timeoutMs = 10 * second;

/** Sends reports of one instance, one at a time, each with a proof and a later instant than the one before. */
export const reporter = (internals: Internals, options: ReportOptions, log: Log): SendReport => {
  const { url, key: functionKey, account, consumer, instance } = options;
  let lastAt = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const bodyOf = ({ version, key, healthy }: Claim, leaving: boolean): string => {
    lastAt = Math.max(internals.now(), lastAt + 1);
    const at = new Date(lastAt).toISOString();
    const word = leaving ? "leaving" : String(healthy);
    const proof = hmac(key, ["batch-key-proof-v1", account, consumer, instance, version, word, at].join("\n"));
    return JSON.stringify({
      consumer,
      instance,
      secretVersion: version,
      healthy,
      ...(leaving && { leaving }),
      at,
      proof,
    });
  };

  const sendOne: SendReport = async (claim, leaving) => {
    const target = `${url.replace(/\/+$/, "")}/accounts/${account}/signals`;
    const headers = { "content-type": "application/json", "x-functions-key": functionKey };
    const init = { method: "POST", headers, body: bodyOf(claim, leaving) };
    let problem: string;
    try {
      const { status, text } = await send(internals, target, init, timeoutMs);
      if (status === 202) {
        log("reported", claim.version, leaving ? "has left" : claim.healthy ? "healthy" : "unhealthy");
        return true;
      }
      problem = `the rotator answered ${status} ${reasonOf(text)}`;
    } catch (error) {
      problem = `the rotator was not reached: ${wordsOf(error)}`;
    }
    log("reportFailed", claim.version, problem);
    return false;
  };

  return (claim, leaving) => {
    const sent = queue.then(() => sendOne(claim, leaving));
    queue = sent;
    return sent;
  };
};

/** The reason of a problem; nothing else of what the rotator has answered. */
const reasonOf = (text: string): string => /"reason":\s*"([A-Za-z]{1,64})"/.exec(text)?.[1] ?? "";
